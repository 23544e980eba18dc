import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { canonicalCandle, canonicalTrade } from '@streamforge/contracts'
import { openRecordedMarket, readCandleRows, readTradeRows, type RecordedMarket } from '@streamforge/market'
import { describe, expect, it } from 'vitest'
import { openScenario, type KlineRow } from './simulator-scenario.ts'

const data = resolve(process.env.STREAMFORGE_DATA ?? join(import.meta.dirname, '../../../../shared/data'))
const gapFile = (market: RecordedMarket) => market.files.find((file) => file.symbol === 'CVCUSDT')!.file

describe.skipIf(!existsSync(join(data, 'klines')))('real recorded data (skipped without STREAMFORGE_DATA or ../shared/data)', () => {
  it('is served row for row as the files have it, hole included', async () => {
    const market = await openRecordedMarket(data)
    const s = await openScenario({ market })
    const served: string[] = []
    for (let from = Date.UTC(2022, 7, 1); ;) {
      const page = (await s.json(`/api/v3/klines?symbol=CVCUSDT&interval=5m&startTime=${from}&limit=1000`)) as KlineRow[]
      for (const [open_time, ...text] of page) {
        const [open, high, low, close, volume] = text.map(Number) as [number, number, number, number, number]
        served.push(canonicalCandle({ open_time, open, high, low, close, volume }))
      }
      if (page.length < 1000) break
      from = page.at(-1)![0] + 1
    }
    const expected: string[] = []
    for await (const row of readCandleRows(gapFile(market))) expected.push(canonicalCandle(row))
    expect(served).toHaveLength(77_345)
    expect(served).toEqual(expected)
    await s.simulator.close()
  })

  it('has a daily candle on the days at both ends of a hole, by which readers cross it', async () => {
    const s = await openScenario({ market: await openRecordedMarket(data) })
    const [from, to] = [Date.UTC(2022, 11, 8), Date.UTC(2023, 4, 14)]
    const binance = (await s.json(`/api/v3/klines?symbol=CVCUSDT&interval=1d&startTime=${from}&endTime=${to - 1}`)) as KlineRow[]
    expect(binance.map(([open]) => new Date(open).toISOString().slice(0, 10))).toEqual(['2022-12-08', '2022-12-09', '2023-05-12', '2023-05-13'])
    const coinbase = (await s.json(`/products/CVC-USDT/candles?granularity=86400&start=${new Date(from).toISOString()}&end=${new Date(to - 1).toISOString()}`)) as number[][]
    expect(coinbase.map((row) => row[0]! * 1000)).toEqual(binance.map(([open]) => open).toReversed())
    await s.simulator.close()
  })

  it('has its trades served as they are', async () => {
    const market = await openRecordedMarket(data)
    const s = await openScenario({ market })
    const served: string[] = []
    for (let id = 553_287_559; ; id += 1000) {
      const page = (await s.json(`/api/v3/aggTrades?symbol=BTCUSDT&fromId=${id}&limit=1000`)) as { a: number; p: string; q: string; T: number; m: boolean }[]
      served.push(...page.map((t) => canonicalTrade({ trade_id: t.a, event_time: t.T, price: Number(t.p), quantity: Number(t.q), buyer_maker: t.m })))
      if (page.length < 1000) break
    }
    const expected: string[] = []
    for await (const row of readTradeRows(market.files.find((file) => file.content === 'trades')!.file)) expected.push(canonicalTrade(row))
    expect(served).toEqual(expected)
    await s.simulator.close()
  })
})

describe('main.ts', () => {
  const run = (env: Record<string, string>) => spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts')], { env: { PATH: process.env.PATH, ...env } })

  it('says where it listens in its first line, and ends on SIGTERM', async () => {
    const child = run({ SYMBOLS: 'AAAUSDT', TIME_RANGE: '2024-01-01:2024-01-03', FAULTS: '[{"kind":"server_error","path":"/api/v3/ping"}]' })
    const ended = new Promise((done) => child.once('exit', done))
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const { url } = JSON.parse(line) as { url: string }
    expect((await fetch(`${url}/api/v3/ping`)).status).toBe(503)
    expect(await (await fetch(`${url}/api/v3/klines?symbol=AAAUSDT&interval=1d`)).json()).toHaveLength(2)
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })

  it('names the variable that is wrong', async () => {
    const child = run({ PORT: 'any', FAULTS: '[{]' })
    const ended = new Promise((done) => child.once('exit', done))
    const [line] = (await once(createInterface({ input: child.stderr }), 'line')) as [string]
    expect(JSON.parse(line)).toMatchObject({ code: 'BAD_CONFIG', message: expect.stringMatching(/PORT: .*FAULTS: not JSON/) })
    expect(await ended).toBe(1)
  })
})
