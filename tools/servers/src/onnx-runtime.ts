import { readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { cachedFolder } from './server-cache.ts'
import { runToEnd } from './run-to-end.ts'

export const onnxRuntimeVersion = '1.30.0'

/** The part of onnxruntime-node that tests use. */
export interface OnnxRuntime {
  InferenceSession: { create(model: Uint8Array, options?: { intraOpNumThreads?: number }): Promise<OnnxSession> }
  Tensor: new (type: 'float32', values: Float32Array, shape: readonly number[]) => OnnxTensor
}
export interface OnnxTensor {
  readonly data: unknown
  readonly dims: readonly number[]
}
export interface OnnxSession {
  run(inputs: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>
}

/**
 * ONNX Runtime for Node from the npm registry, or one line saying why there is none. It is kept beside the servers, not among the packages: its 290 MB are
 * binaries for all platforms, of which only this one's stay.
 */
export async function openOnnxRuntime(): Promise<OnnxRuntime | string> {
  try {
    const folder = await cachedFolder(`onnxruntime-node-${onnxRuntimeVersion}`, install)
    return createRequire(join(folder, 'package.json'))('onnxruntime-node') as OnnxRuntime
  } catch (error) {
    return `onnxruntime-node cannot be had here: ${error instanceof Error ? error.message.split('\n')[0]! : String(error)}`
  }
}

async function install(folder: string): Promise<void> {
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n')
  // Its install script only fetches what a graphics card would need.
  const npm = await runToEnd('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', `onnxruntime-node@${onnxRuntimeVersion}`], { cwd: folder })
  if (npm.status !== 0) throw new Error(`npm could not install it: ${npm.output.slice(-500).replaceAll('\n', ' ')}`)
  const binaries = join(folder, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6')
  for (const platform of await readdir(binaries)) {
    for (const architecture of await readdir(join(binaries, platform))) {
      if (platform !== process.platform || architecture !== process.arch) await rm(join(binaries, platform, architecture), { recursive: true })
    }
  }
}
