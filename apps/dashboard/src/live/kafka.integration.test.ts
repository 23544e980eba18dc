import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connectBus } from '@streamforge/bus'
import { nodeCommand } from '@streamforge/launcher'
import { kafkaAvailable, startKafka, type KafkaServer } from '@streamforge/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bookDiff, bookSnapshot, openDashboard, openPage, start, trade, venue, type DashboardScenario } from '../dashboard-scenario.ts'

const available = await kafkaAvailable()

describe.skipIf(!available.ok)(`the dashboard's process on Apache Kafka${available.ok ? '' : ` (skipped: ${available.reason})`}`, () => {
  let kafka: KafkaServer
  let scenario: DashboardScenario
  let child: ChildProcess
  let url: string
  beforeAll(async () => {
    kafka = await startKafka()
    // The scenario's own server stays unused: its bus and store are what the process under test is given.
    scenario = await openDashboard({ bus: await connectBus({ kind: 'kafka', brokers: kafka.brokers, clientId: 'dashboard-test' }) })
    await scenario.addQueue('wf-t', 'ws_trades', 'running')
    await scenario.addQueue('wf-b', 'ws_orderbook', 'running', { collection: 'btcusdt_book' })
    await scenario.publish('wf-t-data', [trade(1, 0), trade(2, 1_000)])
    await scenario.publish('wf-b-data', [bookSnapshot(1), ...Array.from({ length: 700 }, (_, i) => bookDiff(i + 2, String(i + 2)))])
    const web = join(scenario.directory, 'empty-web')
    await mkdir(web)
    await writeFile(join(web, 'index.html'), '')
    const [program, ...args] = nodeCommand(join(import.meta.dirname, '../main.ts'))
    child = spawn(program, args, {
      env: { ...process.env, BUS: 'kafka', KAFKA_BROKERS: kafka.brokers.join(','), DATA_DIR: scenario.directory, PORT: '0', DASHBOARD_WEB_DIR: web },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    url = await new Promise<string>((found, failed) => {
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const told = /"url":"(http:[^"]+)"/.exec(line)?.[1]
        if (told && line.includes('"listening"')) found(told)
      })
      child.once('exit', (code) => failed(new Error(`the dashboard ended with exit code ${code}`)))
    })
  })
  afterAll(async () => {
    if (child?.exitCode === null) {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    }
    await scenario?.close()
    await kafka?.stop()
  })

  it('shows trades, candles made of them, and books as they stream', async () => {
    const page = await openPage(url)
    page.follow(1, { kind: 'trades', venue, symbol: 'BTCUSDT' })
    page.follow(2, { kind: 'candles', venue, symbol: 'BTCUSDT', interval: '1m' })
    page.follow(3, { kind: 'book', venue, symbol: 'BTCUSDT' })
    const ids = () => [...new Set(page.payloads('trades').flatMap((p) => p.trades.map((t) => t.trade_id)))]
    const book = () => page.payloads('book').at(-1)?.book
    await expect.poll(ids, { timeout: 20_000 }).toEqual([1, 2])
    await expect.poll(book, { timeout: 20_000 }).toMatchObject({ status: 'valid', update_id: 701, bids: [{ quantity: '701' }] })
    await scenario.publish('wf-t-data', [trade(3, 2_000, 9)])
    await scenario.publish('wf-b-data', [bookDiff(702, '3'), bookDiff(704, '5')])
    await expect.poll(ids, { timeout: 10_000 }).toEqual([1, 2, 3])
    await expect.poll(() => page.payloads('candles').at(-1)?.candles.at(-1), { timeout: 10_000 }).toMatchObject({ open_time: start, close: 9, volume: 3, closed: false })
    await expect.poll(book, { timeout: 10_000 }).toMatchObject({ status: 'resynchronising', gap_reason: 'sequence', update_id: 702 })
    page.socket.close()
  })

  it('lists topics and looks into them', async () => {
    const { topics } = await (await fetch(`${url}/api/topics`)).json() as { topics: { name: string; messages: number }[] }
    expect(topics).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'wf-t-data', messages: 3 })]))
    expect(await (await fetch(`${url}/api/topics/wf-t-data/messages?limit=1`)).json()).toMatchObject({ messages: [{ offset: '2' }] })
  })
})
