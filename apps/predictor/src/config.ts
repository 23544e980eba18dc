import { MlflowConfig } from '@streamforge/models'
import { z } from 'zod'

/** The predictor's own part of its environment; docs/ARCHITECTURE.md has what every service reads. */
export const Config = {
  FORECAST_LATENESS_MS: z.coerce.number().int().min(0).max(600_000).default(2_000)
    .describe('from 0 to 600000 milliseconds that a new bar waits for symbols whose features have not come'),
  MODEL_POLL_MS: z.coerce.number().int().min(100).max(600_000).default(2_000).describe('from 100 to 600000 milliseconds between looks at which version is champion'),
  ...MlflowConfig,
}
