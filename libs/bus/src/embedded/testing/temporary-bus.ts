import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bus } from '../../bus.ts'
import { openEmbeddedBus } from '../embedded-bus.ts'

/** An embedded bus in a directory of its own, for a test. */
export async function temporaryBus(): Promise<{ bus: Bus; directory: string; close: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-bus-'))
  const bus = await openEmbeddedBus({ directory, timing: { coordinationMs: 10 } })
  return {
    bus, directory,
    close: async () => {
      await bus.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
