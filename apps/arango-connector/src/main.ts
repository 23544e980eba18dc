import { runWorkers } from '@streamforge/service'
import { storeQueue } from './store-queue.ts'

await runWorkers('arango-connector', 'arango-connector', {}, () => ({ work: (worker) => storeQueue(worker) }))
