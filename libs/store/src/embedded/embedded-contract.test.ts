import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeContract } from '../store-contract.ts'
import { openEmbeddedStore } from './open-embedded-store.ts'

storeContract('embedded', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-store-'))
  const file = join(directory, 'data', 'store.db')
  return {
    open: () => openEmbeddedStore({ file }),
    dispose: () => rm(directory, { recursive: true }),
  }
})
