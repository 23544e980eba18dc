import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoredLease, StreamForgeError, type LeaseHolder } from '@streamforge/contracts'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectStore } from '../connect-store.ts'
import type { Store } from '../store.ts'
import { leaseWatch, type Lease, type LeaseOptions } from './lease.ts'
import { mayTake, seeLease, type SeenLease } from './watch-lease.ts'

const holder = (instance: string): LeaseHolder => ({ instance, host: 'here', pid: 1, started_at: '' })
const document = (more: Partial<StoredLease> = {}): StoredLease => ({
  _key: 'work', version: 1, epoch: 1, holder: holder('a'), ttl_ms: 1_000, acquired_at: 0, renewed_at: 0, released: false, ...more,
})
const nobodyGone = () => false

describe('watching a lease', () => {
  it('is taken only after its holder was silent for as long as it lasts, whatever was seen between', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 2_000 }), fc.boolean()), { minLength: 1, maxLength: 30 }), (looks) => {
      let seen: SeenLease | undefined
      let at = 0
      let version = 1
      let renewedAt = 0
      for (const [wait, renews] of looks) {
        at += wait
        if (renews) [version, renewedAt] = [version + 1, at]
        seen = seeLease(seen, document({ version }), at)
        if (mayTake(seen, at, nobodyGone)) expect(at - renewedAt).toBeGreaterThanOrEqual(1_000)
      }
    }), { seed: 1 })
  })

  it('is taken at once when nobody has it, it was given back, or its holder is gone', () => {
    expect(mayTake(seeLease(undefined, undefined, 5), 5, nobodyGone)).toBe(true)
    expect(mayTake(seeLease(undefined, document({ released: true }), 5), 5, nobodyGone)).toBe(true)
    expect(mayTake(seeLease(undefined, document(), 5), 5, ({ instance }) => instance === 'a')).toBe(true)
    expect(mayTake(seeLease(undefined, document(), 5), 5, nobodyGone)).toBe(false)
  })
})

describe('a lease', () => {
  let directory: string
  let store: Store
  let clock: number
  const stopping = new AbortController()
  const open: Lease[] = []
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'streamforge-lease-'))
    store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
    clock = 0
  })
  afterEach(async () => {
    for (const lease of open.splice(0)) await lease.release()
    await store.close()
    await rm(directory, { recursive: true })
  })
  /** Time stands still unless the test moves it; renewing goes by the real one. */
  const options = (instance: string, more: Partial<LeaseOptions> = {}): LeaseOptions => ({
    store, name: 'work', holder: holder(instance), ttlMs: 40, now: () => 1_700_000_000_000 + clock, elapsed: () => clock, isGone: nobodyGone, signal: stopping.signal, ...more,
  })
  const acquire = async (instance: string, more?: Partial<LeaseOptions>) => {
    const watch = leaseWatch(options(instance, more))
    const lease = (await watch.tryOnce() ?? await watch.wait())!
    open.push(lease)
    return lease
  }
  const stored = async () => StoredLease.parse(await store.get('leases', 'work'))

  it('is renewed, and not given to a second one while it is', async () => {
    const first = await acquire('a')
    const second = leaseWatch(options('b'))
    for (let i = 0; i < 3; i++) {
      const { version } = await stored()
      await expect.poll(async () => (await stored()).version, { interval: 2 }).toBeGreaterThan(version)
      clock += 30
      expect(await second.tryOnce()).toBeUndefined()
    }
    expect(first.isHeld()).toBe(true)
    expect(second.holder()?.instance).toBe('a')
  })

  it('goes to the next with a higher epoch as soon as it is released', async () => {
    const first = await acquire('a')
    await first.release()
    expect(first.isHeld()).toBe(false)
    const second = await acquire('b')
    expect([first.epoch, second.epoch]).toEqual([1, 2])
  })

  it('is not trusted by a holder that could not renew it, and is lost when another has taken it', async () => {
    // As a paused process: it does not renew, and then wakes.
    let paused = true
    const pausable = new Proxy(store, { get: (target, name) => {
      if (name === 'compareAndSet' && paused && open.length > 0) return () => Promise.reject(new StreamForgeError('STORE_UNAVAILABLE', 'asleep'))
      return (target[name as keyof Store] as (...args: unknown[]) => unknown).bind(target)
    } })
    const first = await acquire('a', { store: pausable })
    const second = leaseWatch(options('b'))
    expect(await second.tryOnce()).toBeUndefined()
    clock += 50
    expect(() => first.assertHeld()).toThrow(expect.objectContaining({ code: 'NOT_LEADER' }) as Error)
    const taken = await second.tryOnce()
    open.push(taken!)
    expect(taken?.epoch).toBe(2)
    paused = false
    expect((await first.lost).code).toBe('NOT_LEADER')
    expect(first.isHeld()).toBe(false)
    expect(taken?.isHeld()).toBe(true)
  })

  it('is trusted again after the store was away and nobody took it', async () => {
    let away = false
    const sometimes = new Proxy(store, { get: (target, name) => {
      if (away && name === 'compareAndSet') return () => Promise.reject(new StreamForgeError('STORE_UNAVAILABLE', 'away'))
      return (target[name as keyof Store] as (...args: unknown[]) => unknown).bind(target)
    } })
    const lease = await acquire('a', { store: sometimes })
    away = true
    clock += 50
    expect(lease.isHeld()).toBe(false)
    away = false
    await expect.poll(() => lease.isHeld(), { interval: 2 }).toBe(true)
    expect(lease.epoch).toBe(1)
  })

  it('is waited for until it is given back, for as long as was said, or until the signal', async () => {
    const first = await acquire('a')
    let looks = 0
    const stop = new AbortController()
    const second = leaseWatch(options('b', { elapsed: () => clock + looks, isGone: () => {
      looks += 10
      return false
    }, signal: stop.signal }))
    expect(await second.wait(25)).toBeUndefined()
    expect(looks).toBe(30)
    const stopped = second.wait()
    stop.abort()
    await expect(stopped).rejects.toThrow()
    const third = leaseWatch(options('c')).wait()
    await first.release()
    open.push((await third)!)
    expect((await third)?.epoch).toBe(2)
  })

  it('has one holder at a time, however many ask', async () => {
    const asked = await Promise.all(Array.from({ length: 8 }, (_, i) => leaseWatch(options(`h${i}`)).tryOnce()))
    const held = asked.filter((lease) => lease !== undefined)
    open.push(...held)
    expect(held).toHaveLength(1)
  })
})
