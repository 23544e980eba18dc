import { join } from 'node:path'
import { cachedFolder } from './server-cache.ts'
import { runToEnd, whyNotRunnable } from './run-to-end.ts'

export const mlflowVersion = '3.17.0'

/** Whether an MLflow server can be started on this machine; installs it on first use. The reason is one line. */
export async function mlflowAvailable(): Promise<{ ok: true } | { ok: false; reason: string }> {
  if (process.platform === 'win32') return { ok: false, reason: 'MLflow is started on Linux and macOS only' }
  const python = await whyNotRunnable('python3', ['-c', 'import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 10))'])
  if (python !== undefined) return { ok: false, reason: 'Python 3.10 or newer with venv and pip is not installed' }
  return mlflowPython().then(() => ({ ok: true }), (error: Error) => ({ ok: false, reason: error.message.split('\n')[0]! }))
}

/** The interpreter of a virtual environment with MLflow; made from PyPI on first use (about 860 MB, a minute or more). */
export async function mlflowPython(): Promise<string> {
  return join(await cachedFolder(`mlflow-${mlflowVersion}`, install), 'bin', 'python')
}

async function install(folder: string): Promise<void> {
  const venv = await runToEnd('python3', ['-m', 'venv', folder])
  if (venv.status !== 0) throw new Error(`a virtual environment could not be made: ${venv.output.slice(-2000)}`)
  // The folder is renamed when it is complete: everything is run as `python -m`, since the scripts beside it name the old folder.
  const pip = await runToEnd(join(folder, 'bin', 'python'), [
    '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `mlflow==${mlflowVersion}`,
  ])
  if (pip.status !== 0) throw new Error(`pip could not install MLflow ${mlflowVersion}: ${pip.output.slice(-2000)}`)
}
