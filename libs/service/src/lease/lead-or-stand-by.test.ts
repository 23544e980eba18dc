import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoredLease } from '@streamforge/contracts'
import { connectStore, type Lease, type Store } from '@streamforge/store'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { leadOrStandBy, type Leading, type Led } from './lead-or-stand-by.ts'
import { ownLease } from './own-lease.ts'

let directory: string
let store: Store
let stopping: AbortController
let told: string[]
const open: Leading<Led>[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-lead-'))
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  stopping = new AbortController()
  told = []
})
afterEach(async () => {
  stopping.abort()
  for (const leading of open.splice(0)) await leading.close()
  await store.close()
  await rm(directory, { recursive: true })
})

const stored = async () => StoredLease.parse(await store.get('leases', 'work'))

/** Each as on a machine of its own: nobody sees whether its process lives. */
async function lead(name: string, start: (lease: Lease) => Promise<void> = () => Promise.resolve()): Promise<Leading<Led>> {
  const leading = await leadOrStandBy({
    lease: ownLease({
      store, name: 'work', ttlMs: 200, now: Date.now, signal: stopping.signal, log: { warn: () => undefined }, holder: { instance: name, host: `${name}'s`, pid: 1, started_at: '' },
    }),
    async start(lease) {
      await start(lease)
      told.push(`${name} leads in ${lease.epoch}`)
      return { close: () => Promise.resolve(void told.push(`${name} ends`)) }
    },
    onLost: (error) => void told.push(`${name} lost: ${error.code}`),
    onFailure: (error) => void told.push(`${name} failed: ${(error as Error).message}`),
    onStandBy: (holder) => void told.push(`${name} stands by ${holder?.instance}`),
  })
  open.push(leading)
  return leading
}

it('leads while nobody else does; the next one goes on when it has ended what it led, once', async () => {
  const first = await lead('a')
  const second = await lead('b')
  expect([first.epoch(), second.epoch(), second.led()]).toEqual([1, 0, undefined])
  await first.close()
  await expect.poll(() => second.epoch(), { interval: 5 }).toBe(2)
  await first.close()
  expect(told).toEqual(['a leads in 1', 'b stands by a', 'a ends', 'b leads in 2'])
  expect(await stored()).toMatchObject({ epoch: 2, released: false })
  expect(second.led()).toBeDefined()
})

it('tells when it could not start what it waited to lead, and gives the lease back all the same', async () => {
  const first = await lead('a')
  const second = await lead('b', () => Promise.reject(new Error('no port')))
  await first.close()
  await expect.poll(() => told.at(-1), { interval: 5 }).toBe('b failed: no port')
  expect(second.epoch()).toBe(0)
  await second.close()
  expect(await stored()).toMatchObject({ epoch: 2, released: true })
})

it('stands by no longer when the process is to end', async () => {
  await lead('a')
  const second = await lead('b')
  stopping.abort()
  await second.close()
  expect(told).toEqual(['a leads in 1', 'b stands by a'])
})

it('asks as this start of this process, whose end is seen on its machine', () => {
  const options = () => ownLease({ store, name: 'work', ttlMs: 200, now: Date.now, signal: stopping.signal, log: { warn: () => undefined } })
  const { holder, isGone } = options()
  expect(holder.pid).toBe(process.pid)
  expect(holder.instance).not.toBe(options().holder.instance)
  expect(isGone(holder)).toBe(false)
  expect(isGone({ ...holder, started_at: 'another start' })).toBe(true)
  expect(isGone({ ...holder, started_at: 'another start', host: 'elsewhere' })).toBe(false)
})
