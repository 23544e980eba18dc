import { z } from 'zod'

/** The connector's own part of its environment; docs/ARCHITECTURE.md has what every service reads. */
export const Config = z.object({
  SERIES_RETENTION_DAYS: z.coerce.number().min(0).max(36_500).default(0).describe('from 0 to 36500 days that points are kept; 0: for ever'),
  SERIES_POLL_MS: z.coerce.number().int().min(20).max(600_000).default(2_000).describe('from 20 to 600000 milliseconds between looks at which queues there are'),
})
export type Config = z.infer<typeof Config>

const day = 86_400_000

/** Milliseconds; undefined: for ever. */
export const retentionOf = ({ SERIES_RETENTION_DAYS: days }: Config) => (days === 0 ? undefined : days * day)
