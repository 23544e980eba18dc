import { Problem } from './problem.ts'

/** How long, and by which clock, somebody waits for a queue-manager that leads. */
export interface LeaderPatience {
  /** Milliseconds in all: a lease that its holder did not give back is taken over after LEASE_MS, 5 s by default. */
  forMs: number
  /** Milliseconds of a clock that never jumps. */
  elapsed: () => number
  wait: (ms: number) => Promise<void>
}

export const usualLeaderPatience: LeaderPatience = { forMs: 15_000, elapsed: () => performance.now(), wait: (ms) => new Promise((resolve) => { setTimeout(resolve, ms) }) }
const longestWaitMs = 5_000

/**
 * Asks again while the answer is that another queue-manager leads or none does yet: that one has done nothing, so that asking again does
 * nothing twice. Waits as long as `Retry-After` says. The last answer is handed back whatever it is.
 */
export async function askLeader(ask: () => Promise<Response>, { forMs, elapsed, wait }: LeaderPatience = usualLeaderPatience): Promise<Response> {
  const began = elapsed()
  for (;;) {
    const response = await ask()
    const left = forMs - (elapsed() - began)
    if (left <= 0 || !await isOfNoLeader(response)) return response
    const seconds = Number(response.headers.get('retry-after') ?? 1)
    await wait(Math.min(left, Number.isFinite(seconds) ? Math.max(100, seconds * 1_000) : 1_000, longestWaitMs))
  }
}

/** 421: a proxy that knows the leader says so by the status alone. */
async function isOfNoLeader(response: Response): Promise<boolean> {
  if (response.status === 421) return true
  if (response.status !== 503) return false
  const problem = Problem.safeParse(await response.clone().json().catch(() => undefined))
  return problem.data?.code === 'NOT_LEADER'
}
