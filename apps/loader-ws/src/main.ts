import { runWorkers } from '@streamforge/service'
import { Config } from './config.ts'
import { liveWorker } from './live-worker.ts'
import { runTogether } from './run-together.ts'

await runWorkers('loader-ws', 'loader-producer', Config, (count) => {
  const together = runTogether(count)
  return { work: liveWorker(together), onAbsent: together.leave }
})
