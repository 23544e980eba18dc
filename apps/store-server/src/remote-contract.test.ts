import { connectStore } from '@streamforge/store'
import { storeContract } from '@streamforge/store/store-contract'
import { startTestServer, token } from './server-fixture.ts'

storeContract('remote', async () => {
  const server = await startTestServer()
  return {
    open: () => connectStore({ kind: 'remote', url: server.url, token }),
    dispose: () => server.close(),
  }
})
