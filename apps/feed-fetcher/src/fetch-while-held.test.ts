import { StreamForgeError, type FeedRun } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runOnceHeld } from './fetch-while-held.ts'
import { eventually, type FetcherFixture, json, openFetcherFixture } from './fetcher-fixture.ts'

let fixture: FetcherFixture
beforeEach(async () => {
  fixture = await openFetcherFixture()
  await fixture.writeFeeds(`feeds:\n  - {name: prices, interval: 1s, endpoint: 'http://${fixture.host}/price?symbol={symbol}', parser: binance-ticker, symbols: [BTCUSDT]}\n`)
  let price = 0
  fixture.answer = (asked, response) => json({ symbol: 'BTCUSDT', price: String(++price) })(asked, response)
})
afterEach(() => fixture.close())

const slots = (runs: readonly FeedRun[]) => runs.map(({ scheduled_at }) => scheduled_at)
const runs = (count: number) => eventually(async () => {
  const found = await fixture.runs()
  return found.length >= count ? found : undefined
})

describe('of two feed-fetchers', () => {
  it('one asks and publishes, and the other goes on when it ends: no slot comes twice', { timeout: 30_000 }, async () => {
    const [first, second] = [await fixture.hold('first'), await fixture.hold('second')]
    expect([first.fetches(), second.fetches()]).toEqual([true, false])
    const alone = (await runs(2)).length
    expect(second.fetches()).toBe(false)
    await first.close()
    await eventually(() => second.fetches() || undefined)
    const all = await runs(alone + 2)
    expect(new Set(slots(all)).size).toBe(all.length)
    // Every request is some run's; the last may still be under way.
    expect(fixture.asked.length - (await fixture.runs()).length).toBeLessThanOrEqual(1)
    const prices = (await fixture.messages('quotes')).map((quote) => quote.price)
    expect(prices).toEqual([...new Set(prices)].toSorted((a, b) => a - b))
  })

  it('one that runs everything once is refused while another fetches, and has its turn afterwards', async () => {
    const holder = { instance: 'once', host: 'elsewhere', pid: 1, started_at: '' }
    const other = await fixture.hold('other', { LEASE_MS: '100' })
    await runs(1)
    await expect(runOnceHeld(fixture.context({ LEASE_MS: '100' }), { env: {} }, holder)).rejects.toMatchObject({ code: 'NOT_LEADER' })
    await other.close()
    const before = (await fixture.runs()).length
    expect(await runOnceHeld(fixture.context({ LEASE_MS: '100' }), { env: {} }, holder)).toBe(0)
    expect((await fixture.runs()).slice(before)).toMatchObject([{ trigger: 'once', outcome: 'ok' }])
  })
})

it('what it has fetched is neither published nor remembered while it may have lost its feeds, and is once it surely has them', async () => {
  let held = false
  const fetcher = await fixture.open({}, {}, {
    assertHeld() {
      if (!held) throw new StreamForgeError('NOT_LEADER', 'the lease could not be renewed in time')
    },
  })
  const failed = fetcher.runOnce()
  await eventually(() => fixture.asked.length > 0 || undefined)
  // What it would write comes after its answer: looked at until the store has had time for a write of ours that was asked for later.
  for (let i = 0; i < 20; i++) await fixture.store.writeBatch('feed_states', [{ _key: `later-${i}` }])
  expect([await fixture.messages('quotes'), await fixture.runs(), await fixture.store.get('feed_states', 'prices')]).toEqual([[], [], undefined])
  held = true
  expect(await failed).toBe(0)
  expect(await fixture.runs()).toHaveLength(1)
})
