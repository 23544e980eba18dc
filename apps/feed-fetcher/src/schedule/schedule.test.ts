import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isOpen, sessionAfter, type WeeklyHours } from './market-hours.ts'
import { nextRun, phaseOf } from './next-run.ts'
import { createScheduler } from './scheduler.ts'
import { simulatedClock } from './simulated-clock.test-support.ts'
import { formatInZone, instantOf, localTime } from './zone-time.ts'

const newYork: WeeklyHours = { timezone: 'America/New_York', days: ['mon', 'tue', 'wed', 'thu', 'fri'], open: '09:30', close: '16:00', holidays: [] }
const at = (text: string) => Date.parse(text)
const minute = 60_000
const day = 86_400_000

describe('local times', () => {
  it('come back as the instants they were, through every change of the clocks', () => {
    fc.assert(fc.property(fc.constantFrom('America/New_York', 'Europe/Berlin', 'Asia/Manila', 'Australia/Lord_Howe', 'America/St_Johns', 'UTC'),
      fc.integer({ min: at('2000-01-01T00:00Z') / minute, max: at('2040-01-01T00:00Z') / minute }).map((m) => m * minute), (zone, instant) => {
        const found = instantOf(zone, localTime(zone, instant))
        // Of an hour that comes twice the first is meant.
        expect(found === instant || (found < instant && localTime(zone, found) === localTime(zone, instant))).toBe(true)
      }))
  })

  it('that are left out in spring count as so much later, those that come twice in autumn as the first', () => {
    expect(new Date(instantOf('America/New_York', at('2024-03-10T02:30Z'))).toISOString()).toBe('2024-03-10T07:30:00.000Z')
    expect(new Date(instantOf('America/New_York', at('2024-11-03T01:30Z'))).toISOString()).toBe('2024-11-03T05:30:00.000Z')
    expect(formatInZone('Asia/Manila', at('2022-10-14T06:50:00Z'))).toBe('2022-10-14T14:50:00+08:00')
    expect(formatInZone('America/St_Johns', at('2024-01-01T00:00:00Z'))).toBe('2023-12-31T20:30:00-03:30')
  })
})

describe('market hours', () => {
  it('open and close by the local clock, also in the week after a change', () => {
    const friday = sessionAfter(newYork, at('2024-03-08T00:00Z'))!
    const monday = sessionAfter(newYork, friday.close + 1)!
    expect([friday, monday].map(({ open, close }) => [new Date(open).toISOString(), new Date(close).toISOString()])).toEqual([
      ['2024-03-08T14:30:00.000Z', '2024-03-08T21:00:00.000Z'], ['2024-03-11T13:30:00.000Z', '2024-03-11T20:00:00.000Z'],
    ])
  })

  it('leave out holidays, and say never when there is no session', () => {
    const hours = { ...newYork, holidays: ['2024-12-25'] }
    expect(isOpen(hours, at('2024-12-24T15:00Z'))).toBe(true)
    expect(isOpen(hours, at('2024-12-25T15:00Z'))).toBe(false)
    expect(new Date(sessionAfter(hours, at('2024-12-24T22:00Z'))!.open).toISOString()).toBe('2024-12-26T14:30:00.000Z')
    const never = { ...newYork, days: ['sun'], holidays: Array.from({ length: 80 }, (_, i) => new Date(at('2024-01-07T00:00Z') + i * 7 * day).toISOString().slice(0, 10)) }
    expect(nextRun({ intervalMs: minute, phaseMs: 0, hours: never }, at('2024-01-01T00:00Z'))).toBe(Infinity)
  })

  it('to 24:00 last until midnight', () => {
    const hours = { ...newYork, timezone: 'UTC', open: '00:00', close: '24:00', days: ['mon'] }
    expect(isOpen(hours, at('2024-01-01T23:59Z'))).toBe(true)
    expect(isOpen(hours, at('2024-01-02T00:00:01Z'))).toBe(false)
  })
})

describe('the next run', () => {
  const anyHours = fc.option(fc.record({
    timezone: fc.constantFrom('America/New_York', 'Europe/London', 'Asia/Tokyo'), days: fc.subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], { minLength: 1 }),
    open: fc.constantFrom('00:00', '02:30', '09:30'), close: fc.constantFrom('12:00', '16:00', '24:00'), holidays: fc.constant([]),
  }), { nil: undefined })

  it('is later than asked, within hours, and leaves none out between', () => {
    fc.assert(fc.property(anyHours, fc.integer({ min: 1_000, max: day }), fc.nat(59_999), fc.integer({ min: at('2023-01-01T00:00Z'), max: at('2026-01-01T00:00Z') }), fc.double({ min: 0, max: 1, noNaN: true }),
      (hours, intervalMs, phase, after, share) => {
        const schedule = { hours, intervalMs, phaseMs: phase % intervalMs }
        const next = nextRun(schedule, after)
        expect(next).toBeGreaterThan(after)
        expect(isOpen(hours, next - schedule.phaseMs)).toBe(true)
        const between = Math.floor(after + (next - after) * share)
        if (between < next) expect(nextRun(schedule, between)).toBe(next)
      }), { numRuns: 300 })
  })

  it('spreads feeds of one interval over the minute', () => {
    const phases = Array.from({ length: 1_000 }, (_, i) => phaseOf(`feed-${i}`, minute))
    const perSecond = Map.groupBy(phases, (p) => Math.floor(p / 1_000))
    expect(perSecond.size).toBe(60)
    expect(Math.max(...[...perSecond.values()].map((p) => p.length))).toBeLessThan(45)
  })
})

describe('a week', () => {
  const simulate = async (from: string, hours: WeeklyHours | undefined, intervalMs: number) => {
    const { clock, runUntil } = simulatedClock(at(from))
    const runs: number[] = []
    const scheduler = createScheduler({ clock, concurrency: 4, paused: () => false, run: (_, { scheduledAt }) => { runs.push(scheduledAt); return Promise.resolve() } })
    scheduler.replace([{ name: 'feed', schedule: { hours, intervalMs, phaseMs: 0 } }])
    await runUntil(at(from) + 7 * day)
    await scheduler.close()
    return runs
  }

  it.each([
    ['an ordinary one', '2024-02-05T05:00:00Z', 5 * 79],
    ['the clocks go forward within', '2024-03-07T05:00:00Z', 5 * 79],
    ['the clocks go back within', '2024-10-31T04:00:00Z', 5 * 79],
  ])('of five-minute fetches in market hours, %s, has the exact number', async (_, from, expected) => {
    const runs = await simulate(from, newYork, 5 * minute)
    expect(runs).toHaveLength(expected)
    expect(new Set(runs).size).toBe(expected)
    const firsts = runs.filter((_, i) => i % 79 === 0).map((r) => new Date(localTime('America/New_York', r)).toISOString().slice(11, 16))
    expect(new Set(firsts)).toEqual(new Set(['09:30']))
  })

  it('of hourly fetches of a market that opens within the hour that is left out has them all', async () => {
    const hours = { ...newYork, days: ['sun'], open: '02:30', close: '04:00' }
    const runs = await simulate('2024-03-07T05:00:00Z', hours, 30 * minute)
    // 02:30 is not on the clock that day: it opens at 03:30.
    expect(runs.map((r) => new Date(r).toISOString())).toEqual(['2024-03-10T07:30:00.000Z', '2024-03-10T08:00:00.000Z'])
  })

  it('of 100 feeds each minute makes 1,008,000 fetches', { timeout: 60_000 }, async () => {
    const start = at('2024-03-07T05:00:00Z')
    let time = start
    // The heap of a real timer queue: simulatedClock looks through all that wait.
    const queue: { at: number; callback: () => void }[] = []
    const clock = { now: () => time, at: (instant: number, callback: () => void) => { queue.push({ at: instant, callback }); return () => undefined } }
    const counts = new Map<string, number>()
    const scheduler = createScheduler({ clock, concurrency: 200, paused: () => false, run: (name) => { counts.set(name, (counts.get(name) ?? 0) + 1); return Promise.resolve() } })
    scheduler.replace(Array.from({ length: 100 }, (_, i) => ({ name: `feed-${i}`, schedule: { hours: undefined, intervalMs: minute, phaseMs: phaseOf(`feed-${i}`, minute) } })))
    for (const end = start + 7 * day; ;) {
      queue.sort((a, b) => a.at - b.at)
      const due = queue.splice(0).filter((timer) => timer.at <= end)
      if (due.length === 0) break
      for (const timer of due) {
        time = timer.at
        timer.callback()
      }
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    expect([...new Set(counts.values())]).toEqual([7 * 24 * 60])
    expect(counts.size).toBe(100)
  })
})

describe('the scheduler', () => {
  it('never runs a feed beside itself, and leaves out what passed meanwhile', async () => {
    const { clock, runUntil } = simulatedClock(0)
    let underWay = 0
    let most = 0
    const starts: number[] = []
    const scheduler = createScheduler({
      clock, concurrency: 10, paused: () => false,
      run: (_, { scheduledAt }) => new Promise((resolve) => {
        starts.push(scheduledAt)
        most = Math.max(most, ++underWay)
        clock.at(clock.now() + 2.5 * minute, () => { underWay--; resolve() })
      }),
    })
    scheduler.replace([{ name: 'slow', schedule: { hours: undefined, intervalMs: minute, phaseMs: 0 } }])
    await runUntil(8 * minute)
    expect(most).toBe(1)
    expect(starts).toEqual([1, 4, 7].map((m) => m * minute))
    expect(scheduler.runNow('slow')).toBe(false)
  })

  it('runs no more at once than it may, and everybody gets a turn', async () => {
    const { clock, runUntil } = simulatedClock(0)
    let underWay = 0
    let most = 0
    const seen = new Set<string>()
    const scheduler = createScheduler({
      clock, concurrency: 3, paused: () => false,
      run: (name) => new Promise((resolve) => {
        seen.add(name)
        most = Math.max(most, ++underWay)
        clock.at(clock.now() + 1_000, () => { underWay--; resolve() })
      }),
    })
    scheduler.replace(Array.from({ length: 20 }, (_, i) => ({ name: `f${i}`, schedule: { hours: undefined, intervalMs: minute, phaseMs: 0 } })))
    await runUntil(1.5 * minute)
    expect([most, seen.size, underWay]).toEqual([3, 20, 0])
  })

  it('pauses, resumes, runs at once, and takes another schedule without a run too many', async () => {
    const { clock, runUntil } = simulatedClock(0)
    const runs: [string, number][] = []
    const scheduler = createScheduler({ clock, concurrency: 3, paused: (name) => name === 'b', run: (name) => { runs.push([name, clock.now() / minute]); return Promise.resolve() } })
    const schedule = (intervalMs: number) => ({ hours: undefined, intervalMs, phaseMs: 0 })
    scheduler.replace([{ name: 'a', schedule: schedule(minute) }, { name: 'b', schedule: schedule(minute) }])
    await runUntil(2.5 * minute)
    expect(runs).toEqual([['a', 1], ['a', 2]])
    scheduler.pause('a')
    expect(scheduler.nextRunAt('a')).toBe(Infinity)
    expect(scheduler.runNow('b')).toBe(true)
    await runUntil(5.5 * minute)
    expect(runs.slice(2)).toEqual([['b', 2.5]])
    scheduler.resume('a')
    scheduler.replace([{ name: 'a', schedule: schedule(10 * minute) }])
    expect(scheduler.nextRunAt('a')).toBe(10 * minute)
    await runUntil(10.5 * minute)
    expect(runs.slice(3)).toEqual([['a', 10]])
  })
})
