import type { Tensor } from '@tensorflow/tfjs-core'

/** TensorFlow.js as every backend has it. It is handed to functions, never imported by them: the native one is not in this workspace. */
export type TensorFlow = typeof import('@tensorflow/tfjs-core')

export type BackendName = 'native' | 'wasm' | 'javascript'

/** TensorFlow.js on the backend that was chosen. */
export interface Tensors {
  readonly tf: TensorFlow
  readonly backend: BackendName
  /** For logs, metrics and the records of training runs: `native (TensorFlow 2.15.1, TensorFlow.js 4.22.0)`. */
  readonly description: string
  /** Runs one of TensorFlow's own kernels on float32 tensors; only the native backend has them. */
  readonly runKernel?: RunKernel
}

/** @param outputs how many tensors the kernel gives */
export type RunKernel = (kernel: string, inputs: readonly Tensor[], outputs: number) => Tensor[]
