import { join } from 'node:path'
import { cachedFolder, runToEnd, whyNotRunnable } from '@streamforge/servers'

const packages = ['nbclient==0.11.0', 'ipykernel==7.4.0', 'numpy==2.4.6', 'matplotlib==3.11.2', 'python-arango==8.3.7']

/**
 * The interpreter of a virtual environment that can run the notebooks, made from PyPI on first use (about 170 MB, half a minute); or one
 * line saying why there is none.
 */
export async function notebookPython(): Promise<{ python: string } | { reason: string }> {
  if (await whyNotRunnable('python3', ['-c', 'import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 11))'])) return { reason: 'Python 3.11 or newer with venv and pip is not installed' }
  try {
    return { python: join(await cachedFolder('notebooks-1', install), 'bin', 'python') }
  } catch (error) {
    return { reason: error instanceof Error ? error.message.split('\n')[0]! : String(error) }
  }
}

async function install(folder: string): Promise<void> {
  const venv = await runToEnd('python3', ['-m', 'venv', folder])
  if (venv.status !== 0) throw new Error(`a virtual environment could not be made: ${venv.output.slice(-500)}`)
  // The folder is renamed when it is complete: everything is run as `python -m`, since the scripts beside it name the old folder.
  const pip = await runToEnd(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  if (pip.status !== 0) throw new Error(`pip could not install what the notebooks need: ${pip.output.slice(-500).replaceAll('\n', ' ')}`)
}
