import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubernetesAvailable, runningKubernetes, startKubernetes, type KubernetesServer } from '@streamforge/servers/kubernetes'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { contractImages, contractStart, launcherContract } from '../launcher-contract.ts'
import { jobName, type JobInfo, type Launcher } from '../launcher.ts'
import { templatesFor } from './base-templates.ts'
import { openKubernetesLauncher } from './kubernetes-launcher.ts'
import { objectName } from './object-name.ts'
import { makeTestImages } from './test-images.ts'

const eats = 'eats'
const scripts: Record<keyof typeof contractImages | typeof eats, string> = {
  succeeds: '',
  fails: `console.log('about to fail'); process.exitCode = 3`,
  stays: `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); console.log(JSON.stringify(process.env))`,
  stubborn: `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready')`,
  eats: `const held = []; setInterval(() => held.push(Buffer.alloc(20e6, 1)), 5)`,
}
const registry = 'registry.example:5000/streamforge'
const image = (app: string) => `${registry}/${app}:v0.1.0`
const templates = await templatesFor([...Object.keys(scripts), 'missing'], { cpu: '10m', memory: '32Mi', memoryLimit: '192Mi' })

const available = await runningKubernetes() ? { ok: true } as const : await kubernetesAvailable()

describe.skipIf(!available.ok)(`on a real cluster${available.ok ? '' : ` (skipped: ${available.reason})`}`, () => {
  let cluster: KubernetesServer
  let own: KubernetesServer | undefined
  let directory: string
  const namespace = `stf-launcher-${randomBytes(3).toString('hex')}`
  const kubectl = (...args: string[]) => cluster.kubectl('-n', namespace, ...args)
  const apply = async (...objects: object[]) => {
    const file = join(directory, 'objects.json')
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
    await cluster.kubectl('apply', '-n', namespace, '-f', file)
  }
  const open = (more: { startMs?: number } = {}): Promise<Launcher> =>
    openKubernetesLauncher({ namespace, kubeconfig: cluster.kubeconfig, images: { registry, templates }, ...more })
  const clear = () => kubectl('delete', 'jobs', '--all', '--wait=true')

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'streamforge-launcher-'))
    const running = await runningKubernetes()
    own = running ? undefined : await startKubernetes()
    cluster = running ?? own!
    await cluster.loadImage(await makeTestImages(directory, scripts, image))
    const metadata = { name: 'streamforge', namespace }
    await apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { FROM_CONFIG: 'configured', ATTEMPT: '99' } },
      { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { FROM_SECRET: 'hidden' } },
    )
  }, 180_000)
  afterAll(async () => {
    await cluster?.kubectl('delete', 'namespace', namespace, '--wait=false')
    await own?.stop()
    await rm(directory, { recursive: true, force: true })
  }, 120_000)

  launcherContract('Kubernetes Jobs', async () => ({ open, close: async () => { await clear() } }))

  describe('what only a cluster can do', { timeout: 60_000 }, () => {
    let launcher: Launcher
    let seen: JobInfo[]
    beforeEach(async () => {
      launcher = await open({ startMs: 4_000 })
      seen = []
      launcher.onExit((job) => seen.push(job))
    })
    afterEach(async () => {
      await launcher.close()
      for (const job of await launcher.list()) await launcher.cancel(job, { graceMs: 0 })
      await clear()
    })
    const until = (condition: () => Promise<boolean> | boolean) => expect.poll(condition, { timeout: 40_000, interval: 50 }).toBe(true)
    const podsOf = (job: Parameters<typeof objectName>[0]) => ['pods', '-l', `job-name=${objectName(job)}`]
    const running = (job: ReturnType<typeof contractStart>) => until(async () => (await launcher.logs(job)).length > 0)

    it('gives a worker the ConfigMap, the Secret and folders to write to, and its assignment before both', async () => {
      const job = contractStart('stays')
      await launcher.launch(job)
      await running(job)
      const env = JSON.parse((await launcher.logs(job))[0]!) as Record<string, string>
      expect(env).toMatchObject({ FROM_CONFIG: 'configured', FROM_SECRET: 'hidden', ATTEMPT: '1', DATA_DIR: '/data', TMPDIR: '/tmp' })
    })

    it('runs a pod for each shard, which knows its number, and ends with all of them', async () => {
      const day = 86_400_000
      const shards = [0, 1, 2].map((shard) => ({ shard, from: 1_659_312_000_000 + shard * day, to: 1_659_312_000_000 + (shard + 1) * day }))
      const job = contractStart('stays', { shards })
      const { name } = await launcher.launch(job)
      await until(async () => (await launcher.logs(job)).filter((line) => line.includes('SHARD_INDEX')).length === 3)
      const indexes = (await launcher.logs(job)).map((line) => (JSON.parse(line.slice(line.indexOf('{'))) as Record<string, string>)['SHARD_INDEX'])
      expect(indexes.sort()).toEqual(['0', '1', '2'])
      await launcher.cancel(job)
      await until(() => seen.length > 0)
      expect(seen).toMatchObject([{ name, state: { status: 'succeeded' } }])
    })

    it('carries several jobs in one pod, leaves it to the others, and ends it with the last', async () => {
      const starts = Array.from({ length: 3 }, () => contractStart('stays'))
      const infos = await launcher.launchGroup!(starts)
      expect(infos.map(({ name }) => name)).toEqual(starts.map(jobName))
      expect((await kubectl('get', 'jobs', '-o', 'name')).trim().split('\n')).toHaveLength(1)
      await running(starts[2]!)
      const given = JSON.parse((await launcher.logs(starts[1]!))[0]!) as Record<string, string>
      expect(JSON.parse(given['ASSIGNMENTS']!)).toMatchObject(starts.map(({ queue_id, attempt }) => ({ queue_id, attempt })))
      expect((await launcher.launchGroup!(starts)).map(({ name }) => name)).toEqual(starts.map(jobName))
      expect(await launcher.launch(starts[0]!)).toMatchObject({ name: jobName(starts[0]!), state: { status: 'running' } })
      expect(await launcher.processMates!(starts[0]!)).toEqual(starts.slice(1).map(({ queue_id, target, attempt }) => ({ queue_id, target, attempt })))
      await launcher.cancel(starts[0]!)
      await until(() => seen.length === 1)
      expect(seen[0]).toMatchObject({ name: jobName(starts[0]!), state: { status: 'failed', reason: 'cancelled; its process goes on with other jobs' } })
      await launcher.forget(starts[0]!)
      expect((await launcher.list()).map(({ name, state }) => `${name} ${state.status}`).sort()).toEqual(starts.slice(1).map((start) => `${jobName(start)} running`).sort())
      await Promise.all([launcher.cancel(starts[1]!), launcher.cancel(starts[2]!)])
      await until(() => seen.length === 3)
      expect(seen.map(({ state }) => (state.status === 'failed' ? state.reason : state.status)).sort()).toEqual([...Array<string>(2).fill('cancelled; its process goes on with other jobs'), 'succeeded'])
      expect(await launcher.processMates!(starts[1]!)).toEqual([])
    })

    it('tells the end of a shared pod as the end of each, also after a restart, and starts alone what is new', async () => {
      const [known, ...others] = Array.from({ length: 3 }, () => contractStart('stays'))
      await launcher.launch(known!)
      await launcher.launchGroup!([known!, ...others])
      const alone = contractStart('stays')
      await launcher.launchGroup!([...others, alone])
      expect((await kubectl('get', 'jobs', '-o', 'name')).trim().split('\n')).toHaveLength(3)
      await running(others[0]!)
      await launcher.close()
      launcher = await open()
      launcher.onExit((job) => seen.push(job))
      await launcher.cancel(others[0]!, { endProcess: true })
      await until(() => seen.length === 2)
      expect(seen.map(({ name, state }) => `${name} ${state.status}`).sort()).toEqual(others.map((start) => `${jobName(start)} succeeded`).sort())
    })

    it('says that a pod was deleted under it', async () => {
      const job = contractStart('stubborn')
      await launcher.launch(job)
      await running(job)
      await kubectl('delete', ...podsOf(job), '--grace-period=1')
      await until(() => seen.length > 0)
      expect(seen).toMatchObject([{ state: { status: 'failed', exitCode: 137, signal: 'SIGKILL' } }])
    })

    it('says that memory ran out', async () => {
      const job = contractStart('stays', { image: image(eats) })
      await launcher.launch(job)
      await until(() => seen.length > 0)
      expect(seen).toMatchObject([{ state: { status: 'failed', exitCode: 137, signal: 'SIGKILL', reason: expect.stringContaining('OOMKilled') } }])
    })

    it('fails within seconds when the image is not there', async () => {
      const job = contractStart('stays', { image: image('missing') })
      await launcher.launch(job)
      await until(() => seen.length > 0)
      expect(seen).toMatchObject([{ state: { status: 'failed', reason: expect.stringMatching(/image cannot be pulled.*missing:v0.1.0/s) } }])
      await until(async () => (await kubectl('get', ...podsOf(job), '-o', 'name')).trim() === '')
    })

    it('says that the quota is used up', async () => {
      await apply({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none-left', namespace }, spec: { hard: { 'count/pods': '0' } } })
      try {
        const job = contractStart('stays')
        await launcher.launch(job)
        await until(() => seen.length > 0)
        expect(seen).toMatchObject([{ state: { status: 'failed', reason: expect.stringMatching(/could not start within 4 s: no pod can be made: .*exceeded quota: none-left/s) } }])
      } finally {
        await kubectl('delete', 'resourcequota', 'none-left')
      }
    })

    it('says that a Job was deleted by somebody else', async () => {
      const job = contractStart('stays')
      await launcher.launch(job)
      await running(job)
      await kubectl('delete', 'job', objectName(job), '--wait=false')
      await until(() => seen.length > 0)
      expect(seen).toMatchObject([{ state: { status: 'failed', reason: 'its Job was deleted' } }])
    })

    it('tells of an end once, however many launchers come and go', async () => {
      const job = contractStart('fails')
      await launcher.launch(job)
      await until(() => seen.length > 0)
      await until(async () => (await kubectl('get', 'job', objectName(job), '-o', 'json')).includes('streamforge.dev/reported'))
      const next = await open()
      next.onExit((info) => seen.push(info))
      const witness = contractStart('succeeds')
      await next.launch(witness)
      await until(() => seen.filter((info) => info.queue_id === witness.queue_id).length === 2)
      expect(seen.filter((info) => info.queue_id === job.queue_id)).toHaveLength(1)
      expect((await next.list()).find((info) => info.queue_id === job.queue_id)?.state).toMatchObject({ exitCode: 3 })
      await next.close()
    })

    it('makes one Job of what several launchers ask for at once', async () => {
      const job = contractStart('stays')
      const rival = await open()
      const infos = await Promise.all([launcher.launch(job), rival.launch(job), launcher.launch(job)])
      await rival.close()
      expect(new Set(infos.map(({ name }) => name)).size).toBe(1)
      await running(job)
      expect((await kubectl('get', ...podsOf(job), '-o', 'name')).trim().split('\n')).toHaveLength(1)
    })

    it('goes on where it was when the API server hangs for longer than a request may take', async () => {
      const job = contractStart('stays')
      await launcher.launch(job)
      await running(job)
      const impatient = await openKubernetesLauncher({ namespace, kubeconfig: cluster.kubeconfig, images: { registry, templates }, timeoutMs: 1_000 })
      const server = cluster.pids['kube-apiserver']!
      process.kill(server, 'SIGSTOP')
      try {
        await expect(impatient.launch(contractStart('stays'))).rejects.toMatchObject({ code: 'LAUNCHER_UNAVAILABLE', message: expect.stringContaining('no answer within 1000 ms') })
      } finally {
        process.kill(server, 'SIGCONT')
        await impatient.close()
      }
      await until(() => launcher.cancel(job, { graceMs: 100 }).then(() => true, () => false))
      await until(() => seen.length > 0)
      expect(seen).toMatchObject([{ queue_id: job.queue_id, state: { status: 'succeeded' } }])
    })

    it('loses no end while the API server is away', async () => {
      const job = contractStart('stubborn')
      await launcher.launch(job)
      await running(job)
      const server = () => cluster.pids['kube-apiserver']!
      process.kill(server(), 'SIGKILL')
      await expect(launcher.launch(contractStart('stays'))).rejects.toMatchObject({ code: 'LAUNCHER_UNAVAILABLE' })
      await until(() => launcher.cancel(job, { graceMs: 100 }).then(() => true, () => false))
      await until(() => seen.length > 0)
      expect(seen).toMatchObject([{ queue_id: job.queue_id, state: { status: 'failed' } }])
    })
  })
})
