import { randomUUID } from 'node:crypto'
import { connectBus } from '@streamforge/bus'
import { toStreamForgeError } from '@streamforge/contracts'
import { busConfig, loadConfig } from '@streamforge/service'
import { produce, usage } from './produce-commands.ts'

const args = process.argv.slice(2)
if (args.length === 0 || args.includes('--help')) process.stdout.write(usage)
else {
  try {
    const bus = await connectBus(busConfig(loadConfig({}, process.env), 'debug-producer', 'cli'))
    process.exitCode = await produce(args, {
      bus, now: Date.now, newId: randomUUID, print: (message) => process.stdout.write(`${JSON.stringify(message)}\n`),
    })
    await bus.close()
  } catch (thrown) {
    const error = toStreamForgeError(thrown)
    process.stderr.write(`${error.code}: ${error.message}\n${error.remedy ?? ''}\n`)
    process.exitCode = 1
  }
}
