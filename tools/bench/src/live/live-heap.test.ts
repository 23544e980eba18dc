import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { inspectable, readLiveHeap } from './live-heap.ts'

it.skipIf(process.platform !== 'linux')('tells what a process needs, not what it has not collected yet', async () => {
  const script = `globalThis.kept = Buffer.alloc(50e6); for (let i = 0; i < 20; i++) globalThis.garbage = new Array(2e6).fill(i)
    globalThis.garbage = undefined; console.log('ready'); setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['-e', script], { env: { ...process.env, ...inspectable }, stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    await once(child.stdout, 'data')
    const megabytes = await readLiveHeap(child.pid!)
    expect(megabytes).toBeGreaterThan(47)
    expect(megabytes).toBeLessThan(70)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  expect(await readLiveHeap(child.pid!)).toBeUndefined()
})
