import { z } from 'zod'
import type { MlflowOptions } from './mlflow-client.ts'

/** The part of a service's environment that says where its MLflow server is. */
export const MlflowConfig = {
  MLFLOW_TRACKING_URI: z.url({ protocol: /^https?$/ }).optional().describe('an http or https address of an MLflow server, whose aliases count; absent: those kept here'),
  MLFLOW_TRACKING_TOKEN: z.string().optional().describe("MLflow's token, where it wants one"),
  MLFLOW_TRACKING_USERNAME: z.string().optional().describe("MLflow's user name, where it wants one"),
  MLFLOW_TRACKING_PASSWORD: z.string().optional().describe("MLflow's password, where it wants one"),
}

/** Undefined: there is none. */
export function mlflowOptions(config: Partial<Record<keyof typeof MlflowConfig, string | undefined>>): MlflowOptions | undefined {
  const { MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: username, MLFLOW_TRACKING_PASSWORD: password } = config
  if (url === undefined) return undefined
  if (token !== undefined) return { url, credentials: { token } }
  return username !== undefined && password !== undefined ? { url, credentials: { username, password } } : { url }
}
