import { recordKey } from '@streamforge/contracts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { auditOwnRecords } from './audit-own-records.ts'
import { startAudit } from './audit-records.ts'
import { trade } from './connector-fixture.ts'
import type { Dataset } from './dataset.ts'

const dataset: Dataset = {
  queueId: 'wf-btcusdt-ws_trades-20240801-a1b2c3', venue: 'binance', symbol: 'BTCUSDT', type: 'ws_trades', range: { from: 0, to: 8_640_000_000_000 }, live: true,
  shards: 1, unit: 'trades',
}
const document = (id: number) => ({ _key: recordKey(trade(id)), ...trade(id) })

it('counts from where the stretch begins that leads to the first own record, whatever others hold and however it is read', () => {
  fc.assert(fc.property(
    fc.uniqueArray(fc.nat(60), { maxLength: 50 }), fc.uniqueArray(fc.integer({ min: 61, max: 90 }), { maxLength: 25 }), fc.integer({ min: 1, max: 20 }),
    (before, after, batch) => {
      const own = 61
      const ids = [...new Set([...before, own, ...after])].sort((a, b) => a - b)
      let first = own
      while (before.includes(first - 1)) first--
      const audit = auditOwnRecords(() => startAudit(dataset, []), recordKey(trade(own)))
      for (let i = 0; i < ids.length; i += batch) audit.add(ids.slice(i, i + batch).map(document))
      const last = ids.at(-1)!
      const stored = ids.filter((id) => id >= first)
      const whole = startAudit(dataset, [])
      whole.add(stored.map(document))
      expect(audit.finish()).toEqual(whole.finish())
      expect(audit.lost()).toBe(last - first + 1 - stored.length)
    },
  ), { seed: 2, numRuns: 300 })
})
