import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { influxdbAvailable, influxdbVersion, startInfluxdb, type InfluxdbServer } from '@streamforge/servers'
import { timeSeriesContract } from '../time-series-contract.ts'
import { candle, expectCode, minute, ownSymbol, start } from '../contract/suite.ts'
import { openInfluxSeries } from './open-influx-series.ts'

const available = await influxdbAvailable()
process.stdout.write(`time series contract on InfluxDB: ${available.ok ? `version ${influxdbVersion}` : `skipped, ${available.reason}`}\n`)

describe.skipIf(!available.ok)(`InfluxDB ${influxdbVersion}`, () => {
  let server: InfluxdbServer
  beforeAll(async () => { server = await startInfluxdb() })
  afterAll(() => server?.stop())
  const options = (more: { bucket?: string; token?: string; mostSeries?: number; org?: string } = {}) => ({ url: server.url, org: server.org, token: server.token, ...more })

  timeSeriesContract('influx', () => {
    const bucket = `contract-${randomUUID().slice(0, 8)}`
    return Promise.resolve({
      open: () => openInfluxSeries(options({ bucket })),
      openWith: (mostSeries: number) => openInfluxSeries(options({ bucket, mostSeries })),
      dispose: () => Promise.resolve(),
    })
  })

  it('opens a bucket that several make at the same moment', async () => {
    const bucket = `made-${randomUUID().slice(0, 8)}`
    const handles = await Promise.all(Array.from({ length: 8 }, () => openInfluxSeries(options({ bucket }))))
    const symbol = ownSymbol()
    await handles[0]!.writePoints([candle(symbol, 0)])
    expect(await handles[7]!.latest('candles', { symbol })).toHaveLength(1)
    for (const handle of handles) await handle.close()
  })

  it('says that a token is not taken, without showing it', async () => {
    const error = await expectCode('STORE_UNAVAILABLE', openInfluxSeries(options({ token: 'not-the-token' })))
    expect(`${error.message} ${error.remedy}`).toMatch(/token \(status 401\).*INFLUX_TOKEN/)
    expect(error.message).not.toContain('not-the-token')
  })

  it('says which organisation is missing', async () => {
    const error = await expectCode('BAD_CONFIG', openInfluxSeries(options({ org: 'nobody', bucket: 'none' })))
    expect(error.message).toContain("'nobody'")
  })

  it('refuses what the server refuses, as final: points of another type than those before, and points beyond the retention', async () => {
    const bucket = `refusing-${randomUUID().slice(0, 8)}`
    const series = await openInfluxSeries(options({ bucket }))
    const written = await fetch(`${server.url}/api/v2/write?org=${server.org}&bucket=${bucket}&precision=ms`, {
      method: 'POST', headers: { authorization: `Token ${server.token}` }, body: `candles,interval=1m,symbol=OTHERTYPE,venue=binance close="text" ${start}`,
    })
    expect(written.status).toBe(204)
    await expectCode('STORE_REJECTED', series.writePoints([candle('OTHERTYPE', 0)]))
    await series.keepFor(3_600_000, Date.now())
    await expectCode('STORE_REJECTED', series.writePoints([candle(ownSymbol(), 0)]))
    await series.keepFor(undefined, Date.now())
    // The types of fields hold for a time of its own, that of a file.
    await series.writePoints([candle(ownSymbol(), 100_000)])
    await series.close()
  })

  it('fails while the server is away, and goes on when it is back', async () => {
    const series = await openInfluxSeries(options())
    const symbol = ownSymbol()
    await series.writePoints([candle(symbol, 0)])
    await server.kill()
    const error = await expectCode('STORE_UNAVAILABLE', series.writePoints([candle(symbol, 1)]))
    expect(error.retryable).toBe(true)
    await server.restart()
    await series.writePoints([candle(symbol, 1), candle(symbol, 2)])
    const rows = await series.query({ measurement: 'candles', from: start, to: start + 10 * minute, tags: { symbol }, fields: ['close'] })
    expect(rows.map((row) => row.fields['close'])).toEqual([11, 12, 13])
    await series.close()
  })
})
