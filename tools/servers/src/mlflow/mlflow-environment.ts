import { type FoundPython, pythonEnvironment } from '../python-environment.ts'
import { runToEnd } from '../run-to-end.ts'
import { cachedFolder } from '../server-cache.ts'

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

const driver = 'psycopg2-binary==2.9.11'

/** A folder for PYTHONPATH with what MLflow speaks to PostgreSQL by, apart from its environment: who stays on SQLite needs none. */
export async function mlflowPostgresDriver(): Promise<string> {
  return cachedFolder(driver.replace('==', '-'), async (folder) => {
    const { status, output } = await runToEnd(await mlflowPython(), ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--no-deps', '--only-binary=:all:', '--target', folder, driver])
    if (status !== 0) throw new Error(`pip could not install ${driver}: ${output.slice(-500)}`)
  })
}
