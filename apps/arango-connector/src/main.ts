import { giveWay, runWorkers } from '@streamforge/service'
import { storeQueue } from './store-queue.ts'

// What is on its topic is safe: storing it may wait for those that bring more.
giveWay()
await runWorkers('arango-connector', 'arango-connector', {}, () => ({ work: (worker) => storeQueue(worker) }))
