import { runWorker } from '@streamforge/service'
import { readOptions, usage } from './options.ts'
import { simulateWork } from './simulate-work.ts'

/** An assignment for a dummy that nobody has launched: started by hand, it still reports and answers pings. */
const ownAssignment = {
  WORKFLOW_ID: 'wf-000000', QUEUE_ID: 'wf-dummy-000000', SYMBOL: 'BTCUSDT', TYPE: 'api_candles_1m', TIME_RANGE: '2024-08-01:2024-08-02',
  KAFKA_TOPIC: 'wf-dummy-000000-data', COLLECTION_NAME: 'dummy', TELEMETRY_ID: 'dummy-service__000000',
}

if (process.argv.includes('--help')) process.stdout.write(usage)
else {
  for (const [name, value] of Object.entries(ownAssignment)) process.env[name] ||= value
  await runWorker('dummy-service', 'dummy-service', {}, async (worker) => simulateWork(worker, readOptions(process.argv.slice(2), process.env)))
}
