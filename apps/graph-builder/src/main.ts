import { runWorker } from '@streamforge/service'
import { buildGraphs } from './build-graphs.ts'

await runWorker('graph-builder', 'graph-builder', {}, (worker) => buildGraphs(worker))
