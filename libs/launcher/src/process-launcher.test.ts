import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { contractImages, contractStart, launcherContract } from './launcher-contract.ts'
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
