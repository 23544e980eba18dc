import { join } from 'node:path'
import { runToEnd, whyNotRunnable } from './run-to-end.ts'
import { cachedFolder } from './server-cache.ts'

export interface PythonEnvironmentOptions {
  /** Of the folder in the cache; another one whenever the packages change. */
  name: string
  /** What pip is to install, as its arguments: `numpy==2.4.6`, or `-r` and a file. */
  packages: readonly string[]
  /** Told before something is downloaded. */
  say?: () => void
}

/** An interpreter, or one line saying why there is none. */
export type FoundPython = { python: string } | { reason: string }

/** The interpreter of a virtual environment with packages from PyPI, made on first use and kept. Scripts are run as `python -m`. */
export async function pythonEnvironment({ name, packages, say }: PythonEnvironmentOptions): Promise<FoundPython> {
  if (await whyNotRunnable('python3', ['-c', 'import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 11))'])) {
    return { reason: 'Python 3.11 or newer with venv and pip is not installed' }
  }
  const install = async (folder: string) => {
    say?.()
    const venv = await runToEnd('python3', ['-m', 'venv', folder])
    if (venv.status !== 0) throw new Error(`a virtual environment could not be made: ${lineOf(venv.output)}`)
    // The folder is renamed when it is complete, and the scripts beside the interpreter name the old one.
    const pip = await runToEnd(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--disable-pip-version-check', ...packages])
    if (pip.status !== 0) throw new Error(`pip could not install ${packages.join(' ')}: ${lineOf(pip.output)}`)
  }
  return cachedFolder(name, install).then((folder) => ({ python: join(folder, 'bin', 'python') }), (error: Error) => ({ reason: error.message }))
}

const lineOf = (output: string) => output.slice(-500).trim().replaceAll('\n', ' ')

/** The interpreter that a variable of the environment names, if it can run `check`; without one a virtual environment as {@link pythonEnvironment} makes it. */
export async function givenPython(variable: string, check: string, options: PythonEnvironmentOptions): Promise<FoundPython> {
  const given = process.env[variable]
  if (!given) return pythonEnvironment(options)
  const reason = await whyNotRunnable(given, ['-c', check])
  return reason ? { reason } : { python: given }
}
