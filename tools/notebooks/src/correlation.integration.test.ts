import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { recordKey, type Candle } from '@streamforge/contracts'
import { connectStore } from '@streamforge/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { notebookPython } from './notebook-python.ts'

const found = await notebookPython()
const notebook = resolve(import.meta.dirname, '../../../notebooks/correlation.ipynb')
const start = Date.UTC(2025, 0, 1)
const step = 300_000
const bars = 400

/** Of a bar: how wild the market is (calm and wild hours take turns), and a sign that does not repeat soon. */
const wildness = (bar: number) => (Math.floor(bar / 40) % 2 === 0 ? 1 : 6)
const sign = (bar: number) => ((bar * 7_919 + 13) % 17 > 8 ? 1 : -1)

function candles(symbol: string, volume: (bar: number) => number, moves: boolean): Candle[] {
  let close = 100
  return Array.from({ length: bars }, (_, bar): Candle => {
    const open = close
    if (moves) close *= 1 + 0.0005 * wildness(bar) * sign(bar)
    const at = start + bar * step
    return { kind: 'candle', venue: 'binance', symbol, interval: '5m', open_time: at, open, high: Math.max(open, close), low: Math.min(open, close), close, volume: volume(bar), event_time: at + step, known_time: at + step, backfilled: true }
  })
}

interface Ran { error: string | null; text: string; images: number[] }

describe.skipIf('reason' in found)(`the notebook of correlations${'reason' in found ? ` (skipped: ${found.reason})` : ''}`, () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'streamforge-notebook-'))
    const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
    await store.ensureCollection('queues')
    const series = [
      ['TOGETHERUSDT', candles('TOGETHERUSDT', (bar) => 10 * wildness(bar) + (bar % 3), true)],
      ['AGAINSTUSDT', candles('AGAINSTUSDT', (bar) => 100 / wildness(bar) + (bar % 3), true)],
      ['STILLUSDT', candles('STILLUSDT', (bar) => 10 * wildness(bar), false)],
    ] as const
    for (const [symbol, of] of series) {
      const collection = `${symbol.toLowerCase()}_api_candles_5m`
      await store.ensureCollection(collection)
      await store.writeBatch(collection, of.filter((_, bar) => bar !== 100).map((candle) => ({ ...candle, _key: recordKey(candle) })))
      await store.writeBatch('queues', [{ _key: `wf-${symbol}`, symbol, type: 'api_candles_5m', collection_name: collection }, { _key: `wf-${symbol}-t`, symbol, type: 'api_trades', collection_name: 'none' }])
    }
    await store.close()
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  const run = async (env: Record<string, string>): Promise<Ran> => {
    const { ARANGO_URL: _none, ...inherited } = process.env
    const { stdout } = await promisify(execFile)((found as { python: string }).python, [join(import.meta.dirname, 'run_notebook.py'), notebook], {
      env: { ...inherited, IPYTHONDIR: join(directory, 'ipython'), MPLCONFIGDIR: join(directory, 'matplotlib'), JUPYTER_RUNTIME_DIR: join(directory, 'jupyter'), ...env },
    })
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Ran
  }

  it('finds in the embedded store whose volume and volatility move together, and draws a heat map and a scatter', { timeout: 120_000 }, async () => {
    const { error, text, images } = await run({ DATA_DIR: directory })
    expect(error).toBeNull()
    const { symbols, own, bars: seen } = JSON.parse(text.trim().split('\n').at(-1)!) as { symbols: string[]; own: (number | null)[]; bars: number }
    expect([symbols, seen]).toEqual([['AGAINSTUSDT', 'STILLUSDT', 'TOGETHERUSDT'], bars - 1])
    expect(own[0]).toBeLessThan(-0.7)
    expect(own[1]).toBeNull()
    expect(own[2]).toBeGreaterThan(0.7)
    expect(images).toHaveLength(2)
    for (const size of images) expect(size).toBeGreaterThan(5_000)
  })

  it('says what is missing', { timeout: 120_000 }, async () => {
    expect((await run({ DATA_DIR: join(directory, 'nothing') })).error).toMatch(/FileNotFoundError: .*load something first, or set DATA_DIR or ARANGO_URL/)
    expect((await run({ DATA_DIR: directory, SYMBOLS: 'NONEUSDT' })).error).toBe('LookupError: no 5m candles are stored of NONEUSDT')
  })
})
