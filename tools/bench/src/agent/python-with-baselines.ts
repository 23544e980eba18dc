import { cachedFolder, runToEnd, whyNotRunnable } from '@streamforge/servers'
import { join, resolve } from 'node:path'

const requirements = resolve(import.meta.dirname, '../../python/requirements-agent.txt')

/**
 * A Python with Stable-Baselines3: the one that `BENCH_AGENT_PYTHON` names, else a virtual environment made from PyPI on first use (5.5 GB, since PyTorch's
 * wheels for Linux bring CUDA). Or one line saying why there is none.
 */
export async function pythonWithBaselines(say: (line: string) => void): Promise<{ python: string } | { reason: string }> {
  const given = process.env.BENCH_AGENT_PYTHON
  const reason = await whyNotRunnable(given ?? 'python3', ['-c', given ? 'import stable_baselines3' : 'import venv, ensurepip'])
  if (reason) return { reason }
  if (given) return { python: given }
  try {
    return { python: join(await cachedFolder('stable-baselines3-2.9.2', (folder) => install(folder, say)), 'bin', 'python') }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}

async function install(folder: string, say: (line: string) => void): Promise<void> {
  say('Stable-Baselines3 with PyTorch from PyPI, once, about 3 GB ...')
  const venv = await runToEnd('python3', ['-m', 'venv', folder])
  const pip = venv.status === 0
    ? await runToEnd(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--disable-pip-version-check', '-r', requirements])
    : venv
  if (pip.status !== 0) throw new Error(`Stable-Baselines3 could not be installed: ${pip.output.slice(-500)}`)
}
