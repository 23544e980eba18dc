import { z } from 'zod'
import type { MlflowOptions } from '@streamforge/models'

/** The trainer's own part of its environment; docs/ARCHITECTURE.md has what every service reads. */
export const Config = {
  MLFLOW_TRACKING_URI: z.url({ protocol: /^https?$/ }).optional().describe('an http or https address of an MLflow server; absent: runs and models are kept here only'),
  MLFLOW_TRACKING_TOKEN: z.string().optional().describe("MLflow's token, where it wants one"),
  MLFLOW_TRACKING_USERNAME: z.string().optional().describe("MLflow's user name, where it wants one"),
  MLFLOW_TRACKING_PASSWORD: z.string().optional().describe("MLflow's password, where it wants one"),
  CODE_VERSION: z.string().max(100).optional().describe('what is written down as the version of the code; absent: that of the package, and the commit of the work tree'),
}

type MlflowEnvironment = Partial<Record<Exclude<keyof typeof Config, 'CODE_VERSION'>, string | undefined>>

export function mlflowOf({ MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: username, MLFLOW_TRACKING_PASSWORD: password }: MlflowEnvironment): MlflowOptions | undefined {
  if (url === undefined) return undefined
  if (token !== undefined) return { url, credentials: { token } }
  return username !== undefined && password !== undefined ? { url, credentials: { username, password } } : { url }
}
