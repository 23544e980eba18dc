import { runWorker } from '@streamforge/service'
import { storeQueue } from './store-queue.ts'

await runWorker('arango-connector', 'arango-connector', {}, (worker) => storeQueue(worker))
