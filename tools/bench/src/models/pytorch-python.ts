import { resolve } from 'node:path'
import { type FoundPython, givenPython } from '@streamforge/servers'

/** A Python with PyTorch: the one that `BENCH_TORCH_PYTHON` names, else one made from PyPI on first use (5.4 GB, since PyPI's wheels for Linux bring CUDA). */
export const pythonWithTorch = (say: (line: string) => void): Promise<FoundPython> => givenPython('BENCH_TORCH_PYTHON', 'import torch', {
  name: 'pytorch-2.15.0', packages: ['-r', resolve(import.meta.dirname, '../../python/requirements-models.txt')],
  say: () => say('PyTorch from PyPI, once, about 3 GB ...'),
})
