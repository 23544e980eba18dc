import type { EgressTerms } from '@streamforge/guards'

/** feed.yaml can be edited from the dashboard: what it may reach is the operator's decision. */
export const feedTerms: EgressTerms = { notAllowed: 'FEED_NOT_ALLOWED', dnsFailed: 'FEED_DNS_FAILED', unreachable: 'FEED_UNREACHABLE', variable: 'FEED_ALLOW_PRIVATE' }
