import { join, resolve } from 'node:path'
import { ratesOf } from '@streamforge/guards'
import { runService } from '@streamforge/service'
import { connectSettings } from '@streamforge/store'
import { Config } from './config.ts'
import { openTradeHistory } from './derive/trade-history.ts'
import { createServer } from './http/server.ts'
import { openLiveHub } from './live/live-hub.ts'
import { readDatasets } from './read/datasets.ts'
import { openSignIn } from './session/open-sign-in.ts'
import { webFolder } from './web/web-folder.ts'

await runService('dashboard', Config, async ({ config, bus, store: connect, objects: connectObjects, log, metrics, now, setReady }) => {
  const store = await connect()
  const objects = await connectObjects()
  const settings = await connectSettings(
    config.POSTGRES_URL === undefined ? { kind: 'sqlite', file: join(config.DATA_DIR, 'settings.db') } : { kind: 'postgres', url: config.POSTGRES_URL }, now)
  const datasets = readDatasets({ store, now })
  const history = openTradeHistory(store)
  const hub = openLiveHub({ bus, store, datasets, history, log, now })
  // Building takes seconds at the first start: the API answers meanwhile, pages wait for it.
  const web = config.DASHBOARD_WEB_DIR ? Promise.resolve(resolve(config.DASHBOARD_WEB_DIR)) : webFolder()
  setReady('web', false)
  web.then(() => setReady('web', true), (err: unknown) => log.error({ err }, 'the web part could not be built'))
  let site = config.DASHBOARD_URL
  const signIn = await openSignIn({ config, host: config.HOST, dataDir: resolve(config.DATA_DIR), store, log, now, siteUrl: () => site! })
  const app = await createServer({
    bus, store, objects, settings, datasets, history, hub, web, log, now, managerUrl: config.QUEUE_MANAGER_URL, signIn, rates: ratesOf(config), metrics,
  })
  const url = await app.listen({ port: config.PORT, host: config.HOST })
  site ??= url
  log.info({ url }, 'listening')
  return async () => {
    await app.close()
    await hub.close()
    await settings.close()
  }
})
