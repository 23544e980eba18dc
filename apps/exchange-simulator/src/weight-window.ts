/** What came of one request's weight. */
export type Spent =
  | { readonly allowed: true; readonly used: number }
  | { readonly allowed: false; readonly used: number; readonly status: 429 | 418; readonly retryAfterSeconds: number; readonly bannedUntil?: number }

export interface WeightWindowOptions {
  /** Weight per window and address; 0 means without limit. */
  readonly limit: number
  readonly windowMs: number
  /** Refused requests within one window after which the address is banned. */
  readonly banAfter: number
  readonly now: () => number
}

interface Account {
  window: number
  used: number
  refused: number
  bannedUntil: number
  bans: number
}

const firstBanMs = 120_000
const longestBanMs = 3 * 86_400_000

/**
 * Counts request weight by address in windows of the venue's clock, as Binance does: beyond the limit requests are refused
 * with 429 until the window ends, and an address that goes on asking is banned (418), each time for twice as long, from two
 * minutes to three days.
 */
export function weightWindow({ limit, windowMs, banAfter, now }: WeightWindowOptions) {
  const accounts = new Map<string, Account>()

  const accountOf = (address: string, window: number): Account => {
    let account = accounts.get(address)
    if (!account) accounts.set(address, (account = { window, used: 0, refused: 0, bannedUntil: 0, bans: 0 }))
    if (account.window !== window) Object.assign(account, { window, used: 0, refused: 0 })
    return account
  }

  return {
    limit,
    /** Adds the weight, or says why the request must be refused. */
    spend(address: string, weight: number): Spent {
      const time = now()
      const account = accountOf(address, Math.floor(time / windowMs))
      if (time < account.bannedUntil) return refusal(account, 418, account.bannedUntil - time)
      if (limit === 0 || account.used + weight <= limit) {
        account.used += weight
        return { allowed: true, used: account.used }
      }
      account.refused++
      if (account.refused > banAfter) {
        const length = Math.min(longestBanMs, firstBanMs * 2 ** account.bans++)
        account.bannedUntil = time + length
        return refusal(account, 418, length)
      }
      return refusal(account, 429, (account.window + 1) * windowMs - time)
    },
  }
}
export type WeightWindow = ReturnType<typeof weightWindow>

function refusal(account: Account, status: 429 | 418, waitMs: number): Spent {
  const common = { allowed: false, used: account.used, status, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) } as const
  return status === 418 ? { ...common, bannedUntil: account.bannedUntil } : common
}
