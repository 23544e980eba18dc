import { resolve } from 'node:path'
import { type FoundPython, givenPython } from '@streamforge/servers'

/** A Python with Stable-Baselines3: the one that `BENCH_AGENT_PYTHON` names, else one made from PyPI on first use (5.5 GB, since PyTorch's wheels for Linux bring CUDA). */
export const pythonWithBaselines = (say: (line: string) => void): Promise<FoundPython> => givenPython('BENCH_AGENT_PYTHON', 'import stable_baselines3', {
  name: 'stable-baselines3-2.9.2', packages: ['-r', resolve(import.meta.dirname, '../../python/requirements-agent.txt')],
  say: () => say('Stable-Baselines3 with PyTorch from PyPI, once, about 3 GB ...'),
})
