import { existsSync } from 'node:fs'
import { describe } from 'vitest'
import { nativeTensorsFolder } from './native-folder.ts'
import { openTensors } from './open-tensors.ts'
import type { BackendName, Tensors } from './tensor-flow.ts'

export const nativeIsThere = existsSync(nativeTensorsFolder())

/** The same tests on WebAssembly and, where it is installed, on the native backend. */
export function describeBackends(title: string, tests: (open: () => Promise<Tensors>) => void): void {
  const names: BackendName[] = ['wasm', 'native']
  for (const name of names) {
    const installed = name !== 'native' || nativeIsThere
    const subject = `${title}, ${name}${installed ? '' : ': not installed (npm run tensors:native)'}`
    describe.skipIf(!installed)(subject, { timeout: 120_000 }, () => tests(() => openTensors({ prefer: name })))
  }
}
