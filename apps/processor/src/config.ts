import { z } from 'zod'

/** The processor's own part of its environment; docs/ARCHITECTURE.md has what every service reads. */
export const Config = {
  FEATURE_LATENESS_MS: z.coerce.number().int().min(0).max(600_000).default(2_000)
    .describe('from 0 to 600000 milliseconds that a live bar waits, once its candle is there, for trades and quotes that have not passed its end'),
}
