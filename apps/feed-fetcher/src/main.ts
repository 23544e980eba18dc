import { executeService, exitCodes, onProcessStop, runService } from '@streamforge/service'
import { Config } from './config.ts'
import { openFeedFetcher } from './fetch-feeds.ts'

if (process.argv.includes('--once')) process.exit(await runOnce())

await runService('feed-fetcher', Config, async (context) => {
  const fetcher = await openFeedFetcher(context)
  await fetcher.start()
  return () => fetcher.close()
})

/** For a CronJob: runs every feed once and ends; 1 when one failed. */
async function runOnce(): Promise<number> {
  let stop: Parameters<typeof onProcessStop>[0] = () => undefined
  let failed = 0
  const code = await executeService({
    name: 'feed-fetcher', shape: Config,
    async start(context) {
      const fetcher = await openFeedFetcher(context)
      failed = await fetcher.runOnce()
      context.log.info({ failed }, 'every feed ran once')
      stop({ kind: 'stopped', reason: 'every feed ran once' })
      return () => fetcher.close()
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
