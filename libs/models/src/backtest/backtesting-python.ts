import { join } from 'node:path'
import { cachedFolder, runToEnd, whyNotRunnable } from '@streamforge/servers'

const packages = ['backtesting==0.6.5', 'pandas==3.1.1', 'numpy==2.4.6']

/** The interpreter of a virtual environment with the package `backtesting`, made from PyPI on first use; or one line saying why there is none. */
export async function backtestingPython(): Promise<{ python: string } | { reason: string }> {
  if (await whyNotRunnable('python3', ['-c', 'import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 11))'])) return { reason: 'Python 3.11 or newer with venv and pip is not installed' }
  try {
    return { python: join(await cachedFolder('backtesting-1', install), 'bin', 'python') }
  } catch (error) {
    return { reason: error instanceof Error ? error.message.split('\n')[0]! : String(error) }
  }
}

async function install(folder: string): Promise<void> {
  const venv = await runToEnd('python3', ['-m', 'venv', folder])
  if (venv.status !== 0) throw new Error(`a virtual environment could not be made: ${venv.output.slice(-500)}`)
  const pip = await runToEnd(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  if (pip.status !== 0) throw new Error(`pip could not install backtesting: ${pip.output.slice(-500).replaceAll('\n', ' ')}`)
}
