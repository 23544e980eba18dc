import { StreamForgeError } from '@streamforge/contracts'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import util from 'node:util'
import { registerDerivatives } from './derivatives.ts'
import { nativeTensorsFolder, tensorFlowJsVersion } from './native-folder.ts'
import type { BackendName, RunKernel, TensorFlow, Tensors } from './tensor-flow.ts'

export const backendNames = ['native', 'wasm', 'javascript'] as const satisfies readonly BackendName[]

export interface TensorsOptions {
  /** The only backend to take. Default: `TENSORS_BACKEND`, else the first of native, wasm, javascript that loads. */
  prefer?: BackendName
  environment?: NodeJS.ProcessEnv
  /** Told why a faster backend is not used. */
  onFallback?: (backend: BackendName, reason: string) => void
}

/**
 * TensorFlow.js on the fastest backend that loads here. TensorFlow.js has one backend at a time in a process, whichever copies of it are loaded: what was
 * opened last counts.
 * @throws StreamForgeError BACKEND_UNAVAILABLE when the one asked for does not load; BAD_CONFIG for an unknown name
 */
export async function openTensors(options: TensorsOptions = {}): Promise<Tensors> {
  const environment = options.environment ?? process.env
  const asked = options.prefer ?? backendFrom(environment.TENSORS_BACKEND)
  const reasons: string[] = []
  for (const backend of asked ? [asked] : backendNames) {
    try {
      return await open[backend](environment)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      reasons.push(`${backend}: ${reason}`)
      if (!asked) options.onFallback?.(backend, reason)
    }
  }
  throw new StreamForgeError('BACKEND_UNAVAILABLE', `no tensors backend could be loaded: ${reasons.join('; ')}`, {
    remedy: asked === 'native' ? 'run npm run tensors:native, or leave TENSORS_BACKEND unset' : 'run npm ci again',
  })
}

function backendFrom(value: string | undefined): BackendName | undefined {
  if (!value) return undefined
  const backend = backendNames.find((name) => name === value)
  if (backend) return backend
  throw new StreamForgeError('BAD_CONFIG', `TENSORS_BACKEND is '${value.slice(0, 40)}'`, { remedy: `set it to one of ${backendNames.join(', ')}, or leave it unset` })
}

const open: Record<BackendName, (environment: NodeJS.ProcessEnv) => Promise<Tensors>> = {
  native: (environment) => openNative(nativeTensorsFolder(environment)),
  async wasm() {
    const tf = await import('@tensorflow/tfjs-core')
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
    setWasmPaths(join(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')), '/'))
    return openPortable(tf, 'wasm', 'wasm', 'WebAssembly')
  },
  async javascript() {
    const tf = await import('@tensorflow/tfjs-core')
    await import('@tensorflow/tfjs-backend-cpu')
    return openPortable(tf, 'javascript', 'cpu', 'plain JavaScript')
  },
}

async function openPortable(tf: TensorFlow, backend: BackendName, registered: string, title: string): Promise<Tensors> {
  // Without it TensorFlow.js prints advice to standard error.
  tf.enableProdMode()
  if (!(await tf.setBackend(registered))) throw new Error(`TensorFlow.js cannot start its backend '${registered}'`)
  await tf.ready()
  registerDerivatives({ tf })
  return { tf, backend, description: `${title} (TensorFlow.js ${tf.version_core})` }
}

interface NativeTensorFlow extends TensorFlow {
  backend: () => NativeBackend
}

/** The part of `NodeJSKernelBackend` that is used; the package has no other way to TensorFlow's own kernels. */
interface NativeBackend extends ReturnType<TensorFlow['backend']> {
  binding: { TF_Version: string; TF_ATTR_TYPE: number; TF_FLOAT: number }
  executeMultipleOutputs: (kernel: string, attributes: unknown[], inputs: unknown[], outputs: number) => ReturnType<RunKernel>
}

async function openNative(folder: string): Promise<Tensors> {
  if (!existsSync(folder)) throw new Error('it is not installed; npm run tensors:native does it')
  // @tensorflow/tfjs-node 4.22 calls two functions that Node 23 has removed or deprecated.
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value == null, isArray: Array.isArray })
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  const tf = createRequire(join(folder, 'package.json'))('@tensorflow/tfjs-node') as NativeTensorFlow
  tf.enableProdMode()
  await tf.setBackend('tensorflow')
  const backend = tf.backend()
  const float = [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT }]
  const runKernel: RunKernel = (kernel, inputs, outputs) => backend.executeMultipleOutputs(kernel, float, [...inputs], outputs)
  registerDerivatives({ tf, runKernel })
  return { tf, backend: 'native', runKernel, description: `native (TensorFlow ${backend.binding.TF_Version}, TensorFlow.js ${tensorFlowJsVersion})` }
}
