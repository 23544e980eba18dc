import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { contractImages, contractStart, launcherContract } from './launcher-contract.ts'
import { openJobFiles, type JobRecord } from './job-files.ts'
import { jobName } from './launcher.ts'
import { openProcessLauncher, type ProcessLauncherOptions } from './process-launcher.ts'
import { processIdentity } from './process-identity.ts'

const scripts: Record<keyof typeof contractImages, string> = {
  succeeds: '',
  fails: `console.log('about to fail'); process.exitCode = 3`,
  stays: `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); console.log(JSON.stringify(process.env))`,
  stubborn: `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready')`,
}
const programs = Object.fromEntries(Object.entries(scripts).map(([name, script]) => [name, { command: [process.execPath, '-e', script] as const }]))
const env = { PATH: process.env['PATH'] }

const directories: string[] = []
async function temporaryDirectory() {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-launcher-'))
  directories.push(directory)
  return directory
}
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true })
})

launcherContract('child processes', async () => {
  const directory = await temporaryDirectory()
  return { open: () => openProcessLauncher({ directory, programs, env, pollMs: 20 }), close: async () => undefined }
})

describe('child processes', () => {
  const open = (directory: string, more: Partial<ProcessLauncherOptions> = {}) =>
    openProcessLauncher({ directory, programs, env, pollMs: 20, ...more })

  it('gives only the environment named, and the assignment', async () => {
    const launcher = await open(await temporaryDirectory(), { env: { ...env, GIVEN: 'yes' } })
    const job = contractStart('stays')
    await launcher.launch(job)
    await expect.poll(() => launcher.logs(job), { timeout: 20_000 }).toHaveLength(1)
    const seen = JSON.parse((await launcher.logs(job))[0]!) as Record<string, string>
    expect(seen['GIVEN']).toBe('yes')
    expect(seen['VITEST']).toBeUndefined()
    await launcher.cancel(job, { graceMs: 0 })
    await launcher.close()
  })

  it.skipIf(process.platform === 'win32')('lets a process that somebody has stopped end by itself', async () => {
    const launcher = await open(await temporaryDirectory())
    const job = contractStart('stays')
    const ends: unknown[] = []
    launcher.onExit(({ state }) => ends.push(state))
    const { pid } = await launcher.launch(job)
    await expect.poll(() => launcher.logs(job), { timeout: 20_000 }).toHaveLength(1)
    process.kill(pid!, 'SIGSTOP')
    await launcher.cancel(job, { graceMs: 20_000 })
    expect(ends).toEqual([{ status: 'succeeded' }])
    await launcher.close()
  })

  describe('on a full disk', () => {
    const full = () => Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }))
    /** A launcher whose files cannot be written while `disk.full`. */
    const openOn = async (disk: { full: boolean }) => {
      const directory = await temporaryDirectory()
      const files = await openJobFiles(directory)
      const onDisk = { ...files, write: (record: JobRecord) => (disk.full ? full() : files.write(record)), create: (record: JobRecord) => (disk.full ? full() : files.create(record)) }
      return { files, launcher: await openProcessLauncher({ directory, programs, env, pollMs: 20 }, () => Promise.resolve(onDisk)) }
    }

    it('launches nothing, says that it is no fault of the job, and launches it once there is space', async () => {
      const disk = { full: true }
      const { launcher } = await openOn(disk)
      const job = contractStart('succeeds')
      await expect(launcher.launch(job)).rejects.toMatchObject({ code: 'LAUNCHER_UNAVAILABLE' })
      disk.full = false
      expect((await launcher.launch(job)).pid).toBeGreaterThan(0)
      await launcher.close()
    })

    it('tells of an end all the same, and writes it down when there is space', async () => {
      const disk = { full: false }
      const { files, launcher } = await openOn(disk)
      const ends: string[] = []
      launcher.onExit(({ state }) => ends.push(state.status))
      const job = contractStart('stays')
      const { pid } = await launcher.launch(job)
      disk.full = true
      process.kill(pid!, 'SIGKILL')
      await expect.poll(() => ends, { timeout: 20_000 }).toEqual(['failed'])
      expect((await launcher.list())[0]!.state).toMatchObject({ status: 'failed', signal: 'SIGKILL' })
      disk.full = false
      await expect.poll(async () => (await files.read(jobName(job)))?.state.status, { timeout: 20_000 }).toBe('failed')
      await launcher.close()
    })
  })

  it('does not take a later process with the same id for the job', async () => {
    const directory = await temporaryDirectory()
    const job = contractStart('stays')
    const record = {
      queue_id: job.queue_id, target: job.target, attempt: 1, image: job.image, started_at: 0, pid: process.pid,
      process_identity: `not ${await processIdentity(process.pid)}`, state: { status: 'running' }, reported: false,
    }
    await writeFile(join(directory, `${jobName(job)}.json`), JSON.stringify(record))
    const launcher = await open(directory)
    expect(await launcher.list()).toMatchObject([{ state: { status: 'failed', exitCode: undefined } }])
    // Were it taken for the job, this would end the test's own process.
    await launcher.cancel(job, { graceMs: 0 })
    await launcher.close()
  })

  it('lets a second process look without taking the end away from the first', async () => {
    const directory = await temporaryDirectory()
    const watcher = await open(directory)
    const looker = await open(directory)
    const seen: string[] = []
    watcher.onExit((job) => seen.push(job.state.status))
    const job = contractStart('fails')
    await watcher.launch(job)
    await expect.poll(async () => (await looker.list())[0]?.state.status, { timeout: 20_000 }).toBe('failed')
    await expect.poll(() => seen, { timeout: 20_000 }).toEqual(['failed'])
    expect((await looker.list())[0]?.state).toMatchObject({ exitCode: 3 })
    await looker.close()
    await watcher.close()
  })

  it('takes over a file that its writer left unfinished', async () => {
    const directory = await temporaryDirectory()
    const job = contractStart('succeeds')
    await writeFile(join(directory, `${jobName(job)}.json`), '{"queue_id":')
    const launcher = await open(directory)
    const seen: string[] = []
    launcher.onExit((info) => seen.push(info.state.status))
    await launcher.launch(job)
    await expect.poll(() => seen, { timeout: 20_000 }).toEqual(['succeeded'])
    await launcher.close()
  })

  it('says why a program does not start, and leaves nothing behind', async () => {
    const directory = await temporaryDirectory()
    const launcher = await open(directory, { programs: { succeeds: { command: ['/no/such/program'] } } })
    await expect(launcher.launch(contractStart('succeeds'))).rejects.toMatchObject({ code: 'LAUNCH_FAILED', message: expect.stringContaining('ENOENT') })
    expect(await readdir(directory)).toEqual([])
    await launcher.close()
  })

  it('keeps a log within its limit', async () => {
    const directory = await temporaryDirectory()
    const script = `setInterval(() => console.log('x'.repeat(1000)), 1)`
    const launcher = await open(directory, { programs: { stays: { command: [process.execPath, '-e', script] } }, maxLogBytes: 50_000 })
    launcher.onExit(() => undefined)
    const job = contractStart('stays')
    await launcher.launch(job)
    const log = join(directory, `${jobName(job)}.log`)
    await expect.poll(() => stat(`${log}.1`).then((s) => s.size > 50_000, () => false), { timeout: 20_000 }).toBe(true)
    await launcher.cancel(job, { graceMs: 0 })
    await launcher.close()
  })
})

describe('child processes in a group', () => {
  const open = (directory: string) => openProcessLauncher({ directory, programs, env, pollMs: 20 })
  const group = async (launcher: Awaited<ReturnType<typeof open>>, image: keyof typeof contractImages = 'stays', count = 3) => {
    const starts = Array.from({ length: count }, () => contractStart(image))
    return { starts, infos: await launcher.launchGroup!(starts) }
  }
  const states = async (launcher: Awaited<ReturnType<typeof open>>) => Object.fromEntries((await launcher.list()).map((job) => [job.name, job.state.status]))

  it('is one process, a job and a log under each name, and the assignments as a list', async () => {
    const launcher = await open(await temporaryDirectory())
    const { starts, infos } = await group(launcher)
    expect(new Set(infos.map(({ pid }) => pid)).size).toBe(1)
    expect(infos.map(({ name }) => name)).toEqual(starts.map(jobName))
    await expect.poll(() => launcher.logs(starts[2]!), { timeout: 20_000 }).toHaveLength(1)
    const given = JSON.parse((await launcher.logs(starts[1]!))[0]!) as Record<string, string>
    expect(JSON.parse(given['ASSIGNMENTS']!)).toMatchObject(starts.map(({ queue_id, attempt }) => ({ queue_id, attempt })))
    expect(given['ASSIGNMENTS']).not.toContain('"image"')
    expect(given['QUEUE_ID']).toBeUndefined()
    expect(await launcher.launchGroup!(starts)).toMatchObject(infos.map(({ name }) => ({ name })))
    expect(await launcher.list()).toHaveLength(3)
    expect(await launcher.processMates!(starts[0]!)).toEqual(starts.slice(1).map(({ queue_id, target, attempt }) => ({ queue_id, target, attempt })))
    await launcher.cancel(starts[0]!, { graceMs: 20_000, endProcess: true })
    expect(Object.values(await states(launcher))).toEqual(['succeeded', 'succeeded', 'succeeded'])
    await launcher.close()
  })

  it('leaves the process to the others until the last job is cancelled, also where all are cancelled at once', async () => {
    const launcher = await open(await temporaryDirectory())
    const seen: { name: string; reason: string }[] = []
    launcher.onExit(({ name, state }) => seen.push({ name, reason: state.status === 'failed' ? state.reason : state.status }))
    const { starts, infos } = await group(launcher)
    await expect.poll(() => launcher.logs(starts[0]!), { timeout: 20_000 }).toHaveLength(1)
    await launcher.cancel(starts[0]!)
    expect(seen).toEqual([{ name: jobName(starts[0]!), reason: 'cancelled; its process goes on with other jobs' }])
    expect(await processIdentity(infos[0]!.pid!)).toBeDefined()
    await launcher.forget(starts[0]!)
    await Promise.all([launcher.cancel(starts[1]!), launcher.cancel(starts[2]!)])
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(3)
    expect(seen.map(({ reason }) => reason).toSorted()).toEqual(['cancelled; its process goes on with other jobs', 'cancelled; its process goes on with other jobs', 'succeeded'])
    expect(await processIdentity(infos[0]!.pid!)).toBeUndefined()
    await launcher.close()
  })

  it('tells the end of the process as the end of each, also to a launcher that found them running', async () => {
    const directory = await temporaryDirectory()
    const first = await open(directory)
    const seen: string[] = []
    first.onExit(({ name, state }) => seen.push(`${name} ${state.status}`))
    const failing = await group(first, 'fails', 2)
    await expect.poll(() => seen.toSorted(), { timeout: 20_000 }).toEqual(failing.starts.map((start) => `${jobName(start)} failed`).toSorted())
    const staying = await group(first, 'stays', 2)
    await expect.poll(() => first.logs(staying.starts[0]!), { timeout: 20_000 }).toHaveLength(1)
    await first.close()
    const next = await open(directory)
    const found: string[] = []
    next.onExit(({ name, state }) => found.push(`${name} ${state.status}`))
    await next.cancel(staying.starts[0]!)
    expect(await next.processMates!(staying.starts[1]!)).toEqual([])
    process.kill(staying.infos[0]!.pid!, 'SIGKILL')
    await expect.poll(() => found.toSorted(), { timeout: 20_000 }).toEqual(staying.starts.map((start) => `${jobName(start)} failed`).toSorted())
    await next.close()
  })

  it('starts only those whose names are not known, alone where one is left', async () => {
    const launcher = await open(await temporaryDirectory())
    const [known, fresh] = [contractStart('stays'), contractStart('stays')]
    const { pid } = await launcher.launch(known)
    const infos = await launcher.launchGroup!([known, fresh])
    expect(infos.map(({ name }) => name)).toEqual([jobName(known), jobName(fresh)])
    expect(infos[0]!.pid).toBe(pid)
    await expect.poll(() => launcher.logs(fresh), { timeout: 20_000 }).toHaveLength(1)
    expect(JSON.parse((await launcher.logs(fresh))[0]!)).toMatchObject({ QUEUE_ID: fresh.queue_id })
    for (const start of [known, fresh]) await launcher.cancel(start, { graceMs: 0 })
    await launcher.close()
  })

  it('leaves nothing behind when the program does not start', async () => {
    const directory = await temporaryDirectory()
    const launcher = await openProcessLauncher({ directory, programs: { stays: { command: ['/no/such/program'] } }, env })
    await expect(launcher.launchGroup!([contractStart('stays'), contractStart('stays')])).rejects.toMatchObject({ code: 'LAUNCH_FAILED' })
    expect(await readdir(directory)).toEqual([])
    await launcher.close()
  })
})
