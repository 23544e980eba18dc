import { CoverageCertificate } from '@streamforge/contracts'
import { kafkaAvailable, startKafka } from '@streamforge/servers'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../../..')
const start = Date.UTC(2022, 7, 1)
const step = 300_000
const kafka = await kafkaAvailable()

/** Five-minute candles with a hole, and trades, in the spelling of recorded files. */
function candleFile(rows: number, hole: { from: number; to: number } | undefined): string {
  const lines = ['open_time,open,high,low,close,volume']
  for (let i = 0; i < rows; i++) {
    if (hole && i >= hole.from && i < hole.to) continue
    const price = (20_000 + ((i * 7919) % 1000) / 100).toFixed(2)
    lines.push(`${start + i * step},${price},${(Number(price) + 1.5).toFixed(2)},${(Number(price) - 1.25).toFixed(2)},${price},${(i % 97) + 0.5}`)
  }
  return `${lines.join('\n')}\n`
}

function tradeFile(count: number): string {
  const lines = ['timestamp,trade_id,price,quantity,buyer_maker']
  for (let i = 0; i < count; i++) {
    const time = new Date(start + i * 37).toISOString().replace('T', ' ').replace('Z', '+00:00')
    lines.push(`${time},${1000 + i},${(20_000 + (i % 50) / 10).toFixed(2)},${(0.001 * ((i % 9) + 1)).toFixed(6)},${i % 3 ? 'True' : 'False'}`)
  }
  return `${lines.join('\n')}\n`
}

/** The checksum that a reader of the file would compute, with nothing but the README's rule. */
function candleChecksum(text: string): string {
  const plain = (s: string) => (s.includes('.') ? s.replace(/0+$/, '').replace(/\.$/, '') : s)
  const lines = text.trimEnd().split('\n').slice(1).map((line) => `${line.split(',').map(plain).join(',')}\n`)
  return `sha256:${createHash('sha256').update(lines.join('')).digest('hex')}`
}

describe('npm start -- --once', () => {
  let data: string
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'streamforge-data-'))
    await mkdir(join(data, 'klines'))
    await writeFile(join(data, 'klines', 'BTCUSDT-5m.csv'), candleFile(3000, undefined))
    await writeFile(join(data, 'klines', 'CVCUSDT-5m.csv'), candleFile(2500, { from: 700, to: 1900 }))
    await writeFile(join(data, 'btcusdt-trades-2022-08-01.csv'), tradeFile(1500))
  })
  afterAll(() => rm(data, { recursive: true, force: true }))

  async function runStart(...args: string[]): Promise<{ code: number; certificates: CoverageCertificate[]; notices: string }> {
    const dataDir = await mkdtemp(join(tmpdir(), 'streamforge-'))
    const child = spawn(process.execPath, [join(root, 'tools/run.mjs'), 'apps/cli/src/main.ts', 'start', '--once', '--json', '--port', '0', '--data-dir', dataDir, ...args], { cwd: root })
    let stdout = ''
    let notices = ''
    child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString() })
    child.stderr.on('data', (chunk: Buffer) => { notices += chunk.toString() })
    const code = await new Promise<number>((done) => child.on('exit', (c) => done(c ?? -1)))
    await rm(dataDir, { recursive: true, force: true })
    expect(code, notices).toBe(0)
    return { code, certificates: CoverageCertificate.array().parse(JSON.parse(stdout)), notices }
  }

  async function expectRecorded({ certificates, notices }: Awaited<ReturnType<typeof runStart>>) {
    const of = (symbol: string, unit: string) => certificates.find((c) => c.symbol === symbol && c.unit === unit)!
    expect(certificates).toHaveLength(3)
    expect(of('BTCUSDT', 'candles')).toMatchObject({ complete: true, rows_expected: 3000, rows_stored: 3000, lost: 0, hole_count: 0 })
    expect(of('CVCUSDT', 'candles')).toMatchObject({
      complete: true, rows_expected: 2500, rows_stored: 1300, missing_at_source: 1200, lost: 0,
      holes: [{ from: start + 700 * step, to: start + 1900 * step, missing: 1200, cause: 'exchange' }],
    })
    expect(of('BTCUSDT', 'trades')).toMatchObject({ complete: true, rows_stored: 1500, first_trade_id: 1000, last_trade_id: 2499 })
    for (const symbol of ['BTCUSDT', 'CVCUSDT']) {
      expect(of(symbol, 'candles').checksum).toBe(candleChecksum(await readFile(join(data, 'klines', `${symbol}-5m.csv`), 'utf8')))
    }
    expect(notices).toContain('verified row by row against 3 source files: 5,800 rows equal')
  }

  it('loads recorded files and certifies them', { timeout: 120_000 }, async () => {
    await expectRecorded(await runStart('--data', data))
  })

  it('loads the synthetic market of a fresh clone', { timeout: 180_000 }, async () => {
    const { certificates, notices } = await runStart('--simulate')
    expect(certificates).toHaveLength(7)
    expect(certificates.every((c) => c.complete && c.rows_stored === c.rows_expected && c.rows_stored > 0)).toBe(true)
    expect(notices).toContain('a seeded synthetic market')
  })

  it.skipIf(!kafka.ok)(`does the same on a real Kafka${kafka.ok ? '' : ` (skipped: ${kafka.reason})`}`, { timeout: 180_000 }, async () => {
    await expectRecorded(await runStart('--data', data, '--kafka', 'local'))
  })

  it.skipIf(!kafka.ok)(`puts the services on a Kafka that is there${kafka.ok ? '' : ` (skipped: ${kafka.reason})`}`, { timeout: 180_000 }, async () => {
    const broker = await startKafka()
    try {
      await expectRecorded(await runStart('--data', data, '--kafka', broker.brokers.join(',')))
    } finally {
      await broker.stop()
    }
  })
})
