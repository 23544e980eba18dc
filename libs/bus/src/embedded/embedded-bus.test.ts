import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bus } from '../bus.ts'
import { busContract } from '../bus-contract.ts'
import { openEmbeddedBus } from './embedded-bus.ts'

busContract('embedded', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-bus-'))
  const buses: Bus[] = []
  const open = async () => {
    const bus = await openEmbeddedBus({ directory, timing: { coordinationMs: 10 } })
    buses.push(bus)
    return bus
  }
  return {
    bus: await open(),
    another: open,
    close: async () => {
      for (const bus of buses) await bus.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
})
