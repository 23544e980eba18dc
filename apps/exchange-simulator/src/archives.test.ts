import { createHash } from 'node:crypto'
import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseArchivePath } from './archives.ts'
import { day, openScenario, type Scenario } from './simulator-scenario.ts'

let s: Scenario
beforeAll(async () => { s = await openScenario() })
afterAll(() => s.simulator.close())
const dailyKlines = (date: string) => `/data/spot/daily/klines/BTCUSDT/5m/BTCUSDT-5m-${date}.zip`
const download = async (path: string) => new Uint8Array(await (await s.get(path)).arrayBuffer())
const linesOf = (zip: Uint8Array) => {
  const [[name, content]] = Object.entries(unzipSync(zip)) as [[string, Uint8Array]]
  return { name, lines: strFromU8(content).trimEnd().split('\n') }
}

describe('archives', () => {
  it('hold the rows of REST, in milliseconds until 2025', async () => {
    const { name, lines } = linesOf(await download(dailyKlines('2024-12-31')))
    expect(name).toBe('BTCUSDT-5m-2024-12-31.csv')
    const rows = await s.klines(`startTime=${s.from + day}&endTime=${s.from + 2 * day - 1}`)
    expect(lines).toEqual(rows.map((row) => row.join(',')))
    expect(lines).toHaveLength(288)
  })

  it('count in microseconds from 2025 on', async () => {
    const { lines } = linesOf(await download(dailyKlines('2025-01-01')))
    const [first] = await s.klines(`startTime=${s.from + 2 * day}&limit=1`)
    const fields = lines[0]!.split(',')
    expect([fields[0], fields[6]]).toEqual([`${first![0]}000`, `${first![6]}999`])
    expect([fields.slice(1, 6), fields.slice(7)]).toEqual([first!.slice(1, 6), first!.slice(7).map(String)])
  })

  it('hold all trades of a day', async () => {
    const { name, lines } = linesOf(await download('/data/spot/daily/aggTrades/ETHUSDT/ETHUSDT-aggTrades-2025-01-02.zip'))
    expect(name).toBe('ETHUSDT-aggTrades-2025-01-02.csv')
    const candles = (await s.json(`/api/v3/klines?symbol=ETHUSDT&interval=1d&startTime=${s.from + 3 * day}&limit=1`)) as [number, ...unknown[]][]
    expect(lines).toHaveLength(candles[0]![8] as number)
    const [trade] = (await s.json(`/api/v3/aggTrades?symbol=ETHUSDT&startTime=${s.from + 3 * day}&limit=1`)) as Record<string, unknown>[]
    const { a, p, q, f, l, T, m } = trade!
    expect(lines[0]).toBe([a, p, q, f, l, `${T as number}000`, m ? 'True' : 'False', 'True'].join(','))
    const ids = lines.map((line) => Number(line.split(',', 1)[0]))
    expect(ids.every((id, k) => id === ids[0]! + k)).toBe(true)
  })

  it('come with their checksum, the same each time, and with a wrong one on demand', async () => {
    const path = dailyKlines('2024-12-30')
    const zip = await download(path)
    const sum = createHash('sha256').update(zip).digest('hex')
    const other = await openScenario()
    expect(await (await other.get(`${path}.CHECKSUM`)).text()).toBe(`${sum}  BTCUSDT-5m-2024-12-30.zip\n`)
    await other.faults({ kind: 'checksum_mismatch', count: 1 })
    await other.get(path)
    expect(await (await other.get(`${path}.CHECKSUM`)).text()).not.toContain(sum)
    expect(await (await other.get(`${path}.CHECKSUM`)).text()).toContain(sum)
    await other.simulator.close()
  })

  it('are not there before their day or month has ended, nor without rows, nor for what is not listed', async () => {
    const monthly = '/data/spot/monthly/klines/BTCUSDT/1d/BTCUSDT-1d-'
    expect(linesOf(await download(`${monthly}2024-12.zip`)).lines).toHaveLength(2)
    for (const path of [`${monthly}2025-01.zip`, `${monthly}2024-11.zip`, dailyKlines('2025-01-03'), dailyKlines('2024-12-32'), dailyKlines('2024-12-30').replaceAll('BTC', 'XYZ'), '/data/elsewhere']) {
      const response = await s.get(path)
      expect([path, response.status, (await response.text()).includes('NoSuchKey')]).toEqual([path, 404, true])
    }
  })

  it('spell a month 1mo', () => {
    expect(parseArchivePath('/data/spot/monthly/klines/BTCUSDT/1mo/BTCUSDT-1mo-2024-12.zip')).toMatchObject({ interval: '1M', name: 'BTCUSDT-1mo-2024-12', checksum: false })
    expect(parseArchivePath('/data/spot/daily/klines/BTCUSDT/1w/BTCUSDT-1w-2024-12-30.zip')).toBeUndefined()
  })
})
