// npm run tensors:native
import { nativeTensorsFolder, openTensors } from '@streamforge/models/tensors'
import { installNative } from './install-native.ts'

try {
  const folder = nativeTensorsFolder()
  await installNative(folder, (line) => process.stderr.write(`${line}\n`))
  const { description } = await openTensors({ prefer: 'native' })
  process.stdout.write(`${description} is ready in ${folder}\n`)
} catch (error) {
  process.stderr.write(`The native tensors backend could not be installed: ${error instanceof Error ? error.message : String(error)}\n`
    + 'Everything works without it, on WebAssembly; training takes several times as long.\n')
  process.exitCode = 1
}
