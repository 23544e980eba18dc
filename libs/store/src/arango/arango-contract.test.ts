import { randomUUID } from 'node:crypto'
import { Database } from 'arangojs'
import { describe, it } from 'vitest'
import { storeContract } from '../store-contract.ts'
import { openArangoStore } from './open-arango-store.ts'

const url = process.env.ARANGO_URL

if (url === undefined) {
  process.stdout.write('store contract on ArangoDB skipped: ARANGO_URL is not set; arango-requests.test.ts checks the requests\n')
  describe('store contract: arango', () => {
    it.skip('needs a server at ARANGO_URL', () => undefined)
  })
} else {
  storeContract('arango', async () => {
    const user = process.env.ARANGO_USER ?? 'root'
    const password = process.env.ARANGO_PASSWORD ?? ''
    const database = `streamforge_test_${randomUUID().slice(0, 8)}`
    return {
      open: () => openArangoStore({ url, database, user, password }),
      async dispose() {
        const system = new Database({ url, databaseName: '_system', auth: { username: user, password } })
        await system.dropDatabase(database)
        system.close()
      },
    }
  })
}
