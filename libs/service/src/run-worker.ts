import type { Target } from '@streamforge/contracts'
import type { WorkerContext, WorkerResult } from './context.ts'
import { executeWorker } from './execute-worker.ts'
import type { ConfigOf, ConfigShape } from './load-config.ts'
import { onProcessStop } from './process-stops.ts'

/**
 * Runs a job of one queue and ends the process: 0 finished, stopped or replaced; 1 failed, worth another attempt; 2 failed for
 * good; 78 bad environment; 143 drained after SIGTERM. `work` resolves when all is durable, and ends soon after
 * `worker.signal` aborts (by resolving or by throwing, which is the same then).
 */
export async function runWorker<Shape extends ConfigShape>(
  serviceName: string, target: Target, shape: Shape, work: (worker: WorkerContext<ConfigOf<Shape>>) => Promise<WorkerResult>,
): Promise<never> {
  const { exitCode } = await executeWorker({ serviceName, target, shape, work }, { env: process.env, onStop: onProcessStop })
  process.exit(exitCode)
}
