/** Which exchange the platform on this machine talks to. */
export type Exchange =
  | { kind: 'binance' }
  | { kind: 'simulator'; data: string | undefined; reason: string }

/** The real exchange when it answers within `timeoutMs`, otherwise the simulator; recorded data always means the simulator. */
export async function chooseExchange(
  options: { data?: string; simulate?: boolean; binanceUrl?: string; timeoutMs?: number }, fetchFunction: typeof fetch = fetch,
): Promise<Exchange> {
  if (options.data) return { kind: 'simulator', data: options.data, reason: `recorded data of ${options.data}` }
  if (options.simulate) return { kind: 'simulator', data: undefined, reason: 'asked for: a seeded synthetic market' }
  const url = options.binanceUrl ?? 'https://api.binance.com'
  const answers = await fetchFunction(new URL('/api/v3/ping', url), { signal: AbortSignal.timeout(options.timeoutMs ?? 3_000) })
    .then((response) => response.ok, () => false)
  if (answers) return { kind: 'binance' }
  return { kind: 'simulator', data: undefined, reason: `${new URL(url).host} does not answer: a seeded synthetic market` }
}
