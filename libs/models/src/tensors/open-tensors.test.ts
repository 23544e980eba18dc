import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nativeTensorsFolder } from './native-folder.ts'
import { openTensors } from './open-tensors.ts'

const nowhere = { TENSORS_NATIVE_DIR: join(tmpdir(), 'streamforge-no-such-folder') }

it('takes WebAssembly where the native backend is not installed, and says why', async () => {
  const told: string[] = []
  const tensors = await openTensors({ environment: nowhere, onFallback: (backend, reason) => told.push(`${backend}: ${reason}`) })
  expect(tensors.backend).toBe('wasm')
  expect(tensors.description).toBe('WebAssembly (TensorFlow.js 4.22.0)')
  expect(told).toEqual([expect.stringMatching(/^native: it is not installed; npm run tensors:native/)])
})

it('takes the one that TENSORS_BACKEND names', async () => {
  const { tf, backend } = await openTensors({ environment: { ...nowhere, TENSORS_BACKEND: 'javascript' } })
  expect(backend).toBe('javascript')
  expect(tf.getBackend()).toBe('cpu')
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])).dataSync())
  expect([...product]).toEqual([11])
})

it('does not fall back from a backend that was asked for', async () => {
  await expect(openTensors({ environment: { ...nowhere, TENSORS_BACKEND: 'native' } })).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE', remedy: expect.stringContaining('tensors:native') as string })
})

it('refuses a backend that it does not know', async () => {
  await expect(openTensors({ environment: { TENSORS_BACKEND: 'gpu' } })).rejects.toMatchObject({ code: 'BAD_CONFIG', message: "TENSORS_BACKEND is 'gpu'" })
})

it('knows where the native backend is kept', () => {
  expect(nativeTensorsFolder({ XDG_CACHE_HOME: '/cache' })).toBe('/cache/streamforge/tensors-native-4.22.0-2.15.1')
  expect(nativeTensorsFolder(nowhere)).toBe(nowhere.TENSORS_NATIVE_DIR)
})
