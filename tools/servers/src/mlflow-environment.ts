import { type FoundPython, pythonEnvironment } from './python-environment.ts'

export const mlflowVersion = '3.17.0'

/** Whether an MLflow server can be started on this machine; installs it on first use. The reason is one line. */
export async function mlflowAvailable(): Promise<{ ok: true } | { ok: false; reason: string }> {
  if (process.platform === 'win32') return { ok: false, reason: 'MLflow is started on Linux and macOS only' }
  const found = await environment()
  return 'python' in found ? { ok: true } : { ok: false, reason: found.reason }
}

/** The interpreter of a virtual environment with MLflow; made from PyPI on first use (about 860 MB, a minute or more). @throws Error where there is none */
export async function mlflowPython(): Promise<string> {
  const found = await environment()
  if ('python' in found) return found.python
  throw new Error(found.reason)
}

const environment = (): Promise<FoundPython> => pythonEnvironment({ name: `mlflow-${mlflowVersion}`, packages: [`mlflow==${mlflowVersion}`] })
