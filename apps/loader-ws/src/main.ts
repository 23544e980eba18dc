import { toStreamForgeError } from '@streamforge/contracts'
import { createLogger, executeWorker, exitCodes, onProcessStop } from '@streamforge/service'
import { Config } from './config.ts'
import { liveWorker } from './live-worker.ts'
import { workerEnvironments } from './read-assignments.ts'
import { runTogether } from './run-together.ts'

/** Runs all assignments; the gravest exit code speaks for all, and each assignment tells its own end in its events. */
async function runWorkers(): Promise<number> {
  const environments = workerEnvironments(process.env)
  const together = runTogether(environments.length)
  const codes = environments.map(async (env) => {
    let came = false
    const work = liveWorker({ ...together, join: (task, open) => {
      came = true
      return together.join(task, open)
    } })
    const outcome = await executeWorker({ serviceName: 'loader-ws', target: 'loader-producer', shape: Config, work }, { env, onStop: onProcessStop })
    if (!came) together.leave()
    return outcome.exitCode
  })
  return Math.max(...await Promise.all(codes))
}

try {
  process.exit(await runWorkers())
} catch (thrown) {
  const error = toStreamForgeError(thrown)
  createLogger({ service: 'loader-ws', level: 'info' }).fatal({ code: error.code, reason: error.message, remedy: error.remedy }, 'the worker could not start')
  process.exit(exitCodes.badConfig)
}
