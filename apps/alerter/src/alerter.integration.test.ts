import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connectBus, ensureTopics, publishMessages, type Bus } from '@streamforge/bus'
import { AlertNotice, catalog, StoredAlert, StoredAlertGroup, type Trade } from '@streamforge/contracts'
import { connectStore, type Store } from '@streamforge/store'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startReceiver, type FakeReceiver } from './receivers-fixture.ts'

const minute = 60_000
const queue = 'wf-btcusdt-ws_trades-20250331-a1b2c3'
const topic = `${queue}-data`
let directory: string
let bus: Bus
let store: Store
let hook: FakeReceiver
let child: ChildProcess | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-alerter-run-'))
  bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  hook = await startReceiver()
  await ensureTopics(bus)
  await bus.admin.createTopic({ name: topic, partitions: 1 })
  await store.ensureCollection('queues', { indexes: [['status']] })
  await store.writeBatch('queues', [{
    _key: queue, queue_id: queue, venue: 'binance', symbol: 'BTCUSDT', type: 'ws_trades', status: 'running', kafka_topic: topic,
    jobs: [{ target: 'loader-producer', started_at: Date.now() }],
  }])
})
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await bus.close()
  await store.close()
  await hook.close()
  await rm(directory, { recursive: true, force: true })
})

/** Starts the service as it is; resolves with its health address. */
async function start(): Promise<string> {
  const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts')], {
    env: { ...process.env, DATA_DIR: directory, ALERT_WEBHOOK_URL: hook.url, ALERT_GROUP_WAIT_MS: '0', ALERT_GROUP_INTERVAL_MS: '0' }, stdio: ['ignore', 'pipe', 'inherit'],
  })
  child = started
  for await (const line of createInterface({ input: started.stdout })) {
    const { msg, port } = JSON.parse(line) as { msg: string; port?: number }
    if (msg !== 'health server listening') continue
    started.stdout.resume()
    return `http://127.0.0.1:${port}`
  }
  throw new Error('the alerter ended before it listened')
}
const looks = async (url: string): Promise<number> =>
  Number(/^streamforge_alert_evaluations_total\{[^}]*\} (\d+)$/m.exec(await fetch(`${url}/metrics`).then((response) => response.text()))?.[1] ?? 0)
const hasLooked = async (url: string, times: number) => {
  const before = await looks(url)
  await expect.poll(() => looks(url), { timeout: 20_000 }).toBeGreaterThanOrEqual(before + times)
}
const notices = () => hook.requests.map(({ body }) => AlertNotice.parse(body))
const told = (id: string) => expect.poll(() => notices().map((notice) => notice.id), { timeout: 20_000 }).toContain(id)

let price = 60_000
const trade = (id: number, at: number, factor = 1): Trade => {
  price *= factor * (1 + (id % 7 - 3) / 10_000)
  return {
    kind: 'trade', venue: 'binance', symbol: 'BTCUSDT', trade_id: id, price, quantity: 1 + id % 3, buyer_maker: false, event_time: at, known_time: at, backfilled: false,
  }
}
const publish = (...trades: Trade[]) => publishMessages(bus, catalog.data, trades, { topic })

it('tells of a jump and of a gap in live trades, once each, though it is killed in between', async () => {
  const begin = Date.now()
  await publish(...Array.from({ length: 40 }, (_, i) => trade(i, begin - (40 - i) * minute)))
  let url = await start()
  await hasLooked(url, 2)
  expect(notices()).toEqual([])
  await publish(trade(40, Date.now(), 1.1))
  await told('price_jump-1')
  // That the hook has it must be known too: killed before, the same notice comes again, with the same id.
  await expect.poll(async () => StoredAlertGroup.parse(await store.get('alert_groups', 'price_jump')).outbox).toEqual([])
  const killed = child!
  killed.kill('SIGKILL')
  await once(killed, 'exit')

  url = await start()
  await hasLooked(url, 3)
  await publish(trade(41, Date.now()))
  await hasLooked(url, 2)
  expect(notices().map(({ id }) => id)).toEqual(['price_jump-1'])
  await publish(trade(52, Date.now()))
  await told('gap-1')
  expect(notices().at(-1)).toMatchObject({ status: 'firing', firing: [{ labels: { symbol: 'BTCUSDT', series: 'ws_trades' }, value: 10 }] })
  const alerts = (await store.find('alerts')).map((found) => StoredAlert.parse(found))
  expect(alerts.filter(({ severity }) => severity !== 'info').map(({ alert, status }) => [alert, status]).toSorted()).toEqual([['gap', 'firing'], ['price_jump', 'firing']])
})

it('says itself when its environment is not right, and ends', async () => {
  const ended = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts')], {
    env: { ...process.env, DATA_DIR: directory, ALERT_RULES: '{"nothing":{"above":1}}' }, stdio: ['ignore', 'pipe', 'inherit'],
  })
  child = ended
  let output = ''
  ended.stdout.on('data', (part: Buffer) => { output += part.toString() })
  expect((await once(ended, 'exit'))[0]).toBe(78)
  expect(output).toContain('there is no alert nothing')
})
