import type { MlflowOptions } from '@streamforge/models'
import { z } from 'zod'

/** The predictor's own part of its environment; docs/ARCHITECTURE.md has what every service reads. */
export const Config = {
  FORECAST_LATENESS_MS: z.coerce.number().int().min(0).max(600_000).default(2_000)
    .describe('from 0 to 600000 milliseconds that a new bar waits for symbols whose features have not come'),
  MODEL_POLL_MS: z.coerce.number().int().min(100).max(600_000).default(2_000).describe('from 100 to 600000 milliseconds between looks at which version is champion'),
  MLFLOW_TRACKING_URI: z.url({ protocol: /^https?$/ }).optional().describe('an http or https address of an MLflow server, whose aliases count; absent: those kept here'),
  MLFLOW_TRACKING_TOKEN: z.string().optional().describe("MLflow's token, where it wants one"),
  MLFLOW_TRACKING_USERNAME: z.string().optional().describe("MLflow's user name, where it wants one"),
  MLFLOW_TRACKING_PASSWORD: z.string().optional().describe("MLflow's password, where it wants one"),
}

type MlflowEnvironment = Partial<Record<'MLFLOW_TRACKING_URI' | 'MLFLOW_TRACKING_TOKEN' | 'MLFLOW_TRACKING_USERNAME' | 'MLFLOW_TRACKING_PASSWORD', string | undefined>>

export function mlflowOf(config: MlflowEnvironment): MlflowOptions | undefined {
  const { MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: username, MLFLOW_TRACKING_PASSWORD: password } = config
  if (url === undefined) return undefined
  if (token !== undefined) return { url, credentials: { token } }
  return username !== undefined && password !== undefined ? { url, credentials: { username, password } } : { url }
}
