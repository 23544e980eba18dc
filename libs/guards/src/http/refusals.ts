import type { StreamForgeError } from '@streamforge/contracts'

/** What a server counts of those whom it does not let go on, as its own counter and gauge; the same in every server. */
export const refusalMetrics = {
  refusals: {
    name: 'streamforge_http_refusals_total',
    help: 'Requests refused: too many of a caller (reads, changes) or an address, workflows past a quota, not signed in, not allowed, too large',
    labelNames: ['reason'],
  },
  budgets: {
    name: 'streamforge_http_budget_used_ratio', help: 'Part of the requests that may come at once which the busiest caller or address has used up', labelNames: ['budget'],
  },
} as const

const reasons: Readonly<Partial<Record<StreamForgeError['code'], string>>> = {
  QUOTA_EXCEEDED: 'quota', NOT_AUTHENTICATED: 'not_authenticated', NOT_ALLOWED: 'not_allowed', BODY_TOO_LARGE: 'too_large', HEADERS_TOO_LARGE: 'too_large',
}

/** Why a request was refused by what stands before the work; undefined where it was wrong in itself, or something failed. */
export function refusalReason({ code, details }: StreamForgeError): string | undefined {
  if (code !== 'TOO_MANY_REQUESTS') return reasons[code]
  const { budget } = details
  // Of another server that was asked for this one.
  return typeof budget === 'string' ? budget : 'elsewhere'
}
