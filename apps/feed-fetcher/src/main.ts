import { executeService, exitCodes, onProcessStop, runService } from '@streamforge/service'
import { Config } from './config.ts'
import { fetchWhileHeld, runOnceHeld } from './fetch-while-held.ts'

if (process.argv.includes('--once')) process.exit(await runOnce())

await runService('feed-fetcher', Config, async (context) => {
  const { log } = context
  const fetching = await fetchWhileHeld({
    context,
    // Whatever is under way must end here, not when it comes to a good place: another process does it now.
    onLost: (err) => {
      log.fatal({ err }, 'another feed-fetcher has taken over; ending')
      process.exit(exitCodes.retryable)
    },
    onFailure: (err) => { throw err },
  })
  return () => fetching.close()
})

/** For a CronJob: runs every feed once and ends; 1 when one failed. */
async function runOnce(): Promise<number> {
  let stop: Parameters<typeof onProcessStop>[0] = () => undefined
  let failed = 0
  const code = await executeService({
    name: 'feed-fetcher', shape: Config,
    async start(context) {
      failed = await runOnceHeld(context)
      context.log.info({ failed }, 'every feed ran once')
      stop({ kind: 'stopped', reason: 'every feed ran once' })
      return () => Promise.resolve()
    },
  }, {
    env: process.env,
    onStop(given) {
      stop = given
      return onProcessStop(given)
    },
  })
  return code === exitCodes.done && failed > 0 ? exitCodes.retryable : code
}
