import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SettingsStore } from './settings-store.ts'
import { LARGEST_COUNT } from './sql-settings.ts'

export interface SettingsUnderTest {
  /** Handles on one and the same database. */
  open(now: () => number): Promise<SettingsStore>
  dispose(): Promise<void>
}

/** What every adapter of settings must do. */
export function settingsContract(name: string, make: () => Promise<SettingsUnderTest>): void {
  describe(`settings contract: ${name}`, () => {
    let subject: SettingsUnderTest
    let settings: SettingsStore
    let other: SettingsStore
    let time = 1_722_470_400_000
    beforeAll(async () => {
      subject = await make()
      settings = await subject.open(() => time++)
      other = await subject.open(() => time++)
    })
    afterAll(async () => {
      await settings?.close()
      await other?.close()
      await subject?.dispose()
    })
    const watchlist = (of: string, symbols: string[] = []) => ({ kind: 'watchlist' as const, name: of, value: { instruments: symbols } })

    it('keeps what was put, and shows it to every handle', async () => {
      const put = await settings.put('ada', watchlist('mine', ['BTCUSDT']), 0)
      expect(put).toEqual({ kind: 'watchlist', name: 'mine', version: 1, updatedAt: expect.any(Number) as number, value: { instruments: ['BTCUSDT'] } })
      expect(await other.get('ada', 'watchlist', 'mine')).toEqual(put)
      expect(await other.get('ada', 'watchlist', 'another')).toBeUndefined()
    })

    it('replaces only the version that is expected', async () => {
      await settings.put('ben', watchlist('list'), 0)
      await expect(settings.put('ben', watchlist('list'), 0)).rejects.toMatchObject({ code: 'CONFLICT', details: { version: 1 } })
      expect(await settings.put('ben', watchlist('list', ['A']), 1)).toMatchObject({ version: 2 })
      await expect(other.put('ben', watchlist('list', ['B']), 1)).rejects.toMatchObject({ code: 'CONFLICT', details: { version: 2 } })
      await expect(other.put('ben', watchlist('never'), 1)).rejects.toMatchObject({ code: 'CONFLICT', details: { version: 0 } })
      expect(await other.get('ben', 'watchlist', 'list')).toMatchObject({ version: 2, value: { instruments: ['A'] } })
    })

    it('deletes the version that is expected, and never uses a version again', async () => {
      await settings.put('eve', watchlist('list'), 0)
      await expect(settings.delete('eve', 'watchlist', 'list', 2)).rejects.toMatchObject({ code: 'CONFLICT' })
      expect(await settings.delete('eve', 'watchlist', 'list', 1)).toBe(true)
      expect(await settings.delete('eve', 'watchlist', 'list', 1)).toBe(false)
      expect(await settings.get('eve', 'watchlist', 'list')).toBeUndefined()
      expect(await settings.list('eve', 'watchlist')).toEqual([])
      const again = await settings.put('eve', watchlist('list', ['new']), 0)
      expect(again.version).toBeGreaterThan(1)
      // Whoever still holds the deleted one does not overwrite the new one.
      await expect(other.put('eve', watchlist('list', ['old']), 1)).rejects.toMatchObject({ code: 'CONFLICT' })
    })

    it('lists by name, in the order of its bytes, one kind of one owner', async () => {
      for (const of of ['b', 'ä', 'B', 'a b', '10', '9', '_', '日本']) await settings.put('lea', watchlist(of), 0)
      await settings.put('lea', { kind: 'chart_layout', name: 'c', value: { panels: [] } }, 0)
      await settings.put('leo', watchlist('x'), 0)
      const names = (await other.list('lea', 'watchlist')).map((setting) => setting.name)
      expect(names).toEqual(['b', 'ä', 'B', 'a b', '10', '9', '_', '日本'].toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y))))
      expect(await other.list('lea', 'alert_target')).toEqual([])
    })

    it('keeps each owner to their own', async () => {
      await settings.put('sub|1', watchlist('list', ['1']), 0)
      await settings.put('sub|2', watchlist('list', ['2']), 0)
      expect(await settings.get('sub|1', 'watchlist', 'list')).toMatchObject({ value: { instruments: ['1'] } })
      expect(await settings.delete('sub|2', 'watchlist', 'list', 1)).toBe(true)
      expect(await settings.get('sub|1', 'watchlist', 'list')).toMatchObject({ version: 1 })
      expect(await settings.get("' OR '1'='1", 'watchlist', 'list')).toBeUndefined()
    })

    it('returns any JSON as it was', async () => {
      const value = { text: 'Ωμέγα 🚀 "quoted" \\ \n \u0000 \u2028', numbers: [0, 0.1, 1e21, -1e-7], b: 1, a: [{ x: null }, true], '': {} }
      await settings.put('max', { ...watchlist('any'), value }, 0)
      expect((await other.get('max', 'watchlist', 'any'))!.value).toEqual(value)
    })

    it('lets exactly one of several win each version', async () => {
      await settings.put('zoe', watchlist('race'), 0)
      for (let version = 1; version <= 10; version++) {
        const outcomes = await Promise.allSettled([settings, other, settings, other].map((s, i) => s.put('zoe', watchlist('race', [`${i}`]), version)))
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      }
      const first = await Promise.allSettled([settings, other].map((s) => s.put('zoe', watchlist('first'), 0)))
      expect(first.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    it('takes so many and no more; what is there can still be changed and deleted', async () => {
      for (let i = 0; i < LARGEST_COUNT; i++) await settings.put('kim', watchlist(`w${i}`), 0)
      await expect(settings.put('kim', watchlist('one more'), 0)).rejects.toMatchObject({ code: 'STORE_REJECTED' })
      expect(await settings.put('kim', watchlist('w0', ['x']), 1)).toMatchObject({ version: 2 })
      expect(await settings.put('kim', { kind: 'chart_layout', name: 'one more', value: {} }, 0)).toMatchObject({ version: 1 })
      expect(await settings.delete('kim', 'watchlist', 'w1', 1)).toBe(true)
      expect(await settings.put('kim', watchlist('one more'), 0)).toMatchObject({ version: 1 })
    })

    it('fails with a code after close()', async () => {
      const closed = await subject.open(Date.now)
      await closed.close()
      await closed.close()
      await expect(closed.list('ada', 'watchlist')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    })
  })
}
