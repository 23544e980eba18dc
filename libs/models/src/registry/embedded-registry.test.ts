import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFolderObjects } from '@streamforge/objects'
import { openEmbeddedStore } from '@streamforge/store'
import { openEmbeddedRegistry } from './embedded-registry.ts'
import { registryContract } from './registry-contract.ts'

registryContract('embedded', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sf-registry-'))
  const store = await openEmbeddedStore({ file: join(directory, 'store.db') })
  const objects = await openFolderObjects({ directory: join(directory, 'objects') })
  let now = Date.UTC(2024, 0, 1)
  return {
    objects,
    open: () => openEmbeddedRegistry({ store, objects, now: () => now++ }),
    dispose: async () => {
      await store.close()
      await objects.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
})
