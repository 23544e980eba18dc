import { alertKey, StoredAlert, StoredAlertGroup, type AlertNotice } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planNotice, type NoticeRules } from './plan-notice.ts'
import { writeHeadline, writeNotice } from './write-notice.ts'

const start = 1_722_470_400_000
const rules: NoticeRules = { waitMs: 100, intervalMs: 500, repeatMs: 0, channels: ['webhook'] }
const empty: StoredAlertGroup = { _key: 'gap', version: 0, sequence: 0, told: [], outbox: [] }

function alert(symbol: string, startsAt: number, endsAt?: number): StoredAlert {
  const labels = { venue: 'binance', symbol, series: 'ws_trades' }
  return StoredAlert.parse({
    _key: alertKey({ alert: 'gap', labels, starts_at: startsAt }), alert: 'gap', kind: 'gap', severity: 'warning', title: 'Gap in live data', labels,
    status: endsAt === undefined ? 'firing' : 'resolved', value: 3, summary: `3 records of ${symbol} are missing`, starts_at: startsAt, last_above_at: startsAt,
    updated_at: startsAt, ...(endsAt !== undefined && { ends_at: endsAt }),
  })
}
const noticeOf = (group: StoredAlertGroup | undefined): AlertNotice => group!.outbox.at(-1)!.notice

describe('a notice', () => {
  it('waits for others of its kind, and has them all', () => {
    const firing = Array.from({ length: 100 }, (_, i) => alert(`S${i}USDT`, start + i))
    expect(planNotice(empty, { firing, ended: [] }, rules, start + 99)).toBeUndefined()
    const group = planNotice(empty, { firing, ended: [] }, rules, start + 100)
    expect(noticeOf(group)).toMatchObject({ id: 'gap-1', status: 'firing', severity: 'warning', repeated: false })
    expect(noticeOf(group).firing).toHaveLength(100)
    expect(group!.told).toHaveLength(100)
  })

  it('says what ended only of what people knew, and recovery when nothing is left', () => {
    const told = planNotice(empty, { firing: [alert('BTCUSDT', start)], ended: [] }, rules, start + 100)!
    const unknown = alert('ETHUSDT', start, start + 50)
    expect(planNotice(empty, { firing: [], ended: [unknown] }, rules, start + 10_000)).toBeUndefined()
    const over = planNotice(told, { firing: [], ended: [alert('BTCUSDT', start, start + 700)] }, rules, start + 700)
    expect(noticeOf(over)).toMatchObject({ id: 'gap-2', status: 'resolved', firing: [], resolved: [{ ends_at: start + 700 }] })
    expect(over!.told).toEqual([])
  })

  it('comes again, as a repetition, while the alert goes on, when that is wanted', () => {
    const firing = [alert('BTCUSDT', start)]
    const told = planNotice(empty, { firing, ended: [] }, rules, start + 100)!
    expect(planNotice(told, { firing, ended: [] }, rules, start + 1e6)).toBeUndefined()
    const repeating = { ...rules, repeatMs: 1_000 }
    expect(planNotice(told, { firing, ended: [] }, repeating, start + 1_099)).toBeUndefined()
    expect(noticeOf(planNotice(told, { firing, ended: [] }, repeating, start + 1_100))).toMatchObject({ repeated: true, status: 'firing' })
  })

  it('tells of every alert that lasts once, of its end once, and never more often than the interval', () => {
    const lives = fc.array(fc.record({ at: fc.integer({ min: 0, max: 5_000 }), length: fc.integer({ min: 1, max: 3_000 }) }), { minLength: 1, maxLength: 25 })
    fc.assert(fc.property(lives, fc.integer({ min: 10, max: 200 }), (given, stepMs) => {
      let group = empty
      const notices: AlertNotice[] = []
      for (let now = start; now < start + 12_000; now += stepMs) {
        const lived = given.map(({ at, length }, i) => ({ symbol: `S${i}`, from: start + at, to: start + at + length })).filter(({ from }) => from <= now)
        const planned = planNotice(group, {
          firing: lived.filter(({ to }) => to > now).map(({ symbol, from }) => alert(symbol, from)),
          ended: lived.filter(({ to }) => to <= now).map(({ symbol, from, to }) => alert(symbol, from, to)),
        }, rules, now)
        if (!planned) continue
        notices.push(noticeOf(planned))
        group = StoredAlertGroup.parse({ ...planned, outbox: [] })
      }
      const began = notices.flatMap((notice) => notice.firing.map(({ key }) => key))
      const ended = notices.flatMap((notice) => notice.resolved.map(({ key }) => key))
      expect(new Set(began).size).toBe(began.length)
      expect(ended.toSorted()).toEqual(began.toSorted())
      expect(group.told).toEqual([])
      const lasting = given.filter(({ length }) => length > rules.intervalMs + rules.waitMs + 2 * stepMs).length
      expect(began.length).toBeGreaterThanOrEqual(lasting)
      for (const [i, notice] of notices.entries()) if (i > 0) expect(notice.at - notices[i - 1]!.at).toBeGreaterThanOrEqual(rules.intervalMs)
    }), { numRuns: 60 })
  })
})

describe('the text of a notice', () => {
  it('has a headline, the alerts, and how many more there are', () => {
    const notice = noticeOf(planNotice(empty, { firing: Array.from({ length: 23 }, (_, i) => alert(`S${i}`, start)), ended: [] }, rules, start + 100))
    expect(writeHeadline(notice)).toBe('WARNING: Gap in live data (23)')
    const lines = writeNotice(notice).split('\n')
    expect(lines[1]).toBe('- 3 records of S0 are missing; since 2024-08-01 00:00:00 UTC')
    expect(lines.slice(-2)).toEqual(['- and 3 more', 'gap-1'])
    expect(writeHeadline({ ...notice, status: 'resolved', resolved: [] })).toBe('Recovered: Gap in live data')
  })
})
