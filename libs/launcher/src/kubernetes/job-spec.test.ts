import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Assignment, assignmentFromEnv, type StartCommand } from '@streamforge/contracts'
import { contractStart } from '../launcher-contract.ts'
import { jobName, type JobName } from '../launcher.ts'
import { groupSpec, jobSpec } from './job-spec.ts'
import { groupAnnotations, groupName, labelValue, nameAnnotations, objectName, readGroup, readName } from './object-name.ts'
import { baseApps, baseTemplatesFolder, templatesFor } from './base-templates.ts'
import { shards, startOf } from './fixed-starts.ts'
import type { JobTemplate } from './job-template.ts'
import { patchManifest } from './patch-manifest.ts'
import { readJobTemplates } from './read-job-templates.ts'
import { resourcesFor } from './worker-images.ts'

const registry = 'registry.example:5000/streamforge'
const templates = await templatesFor(['succeeds', 'trainer'], { cpu: '100m', memory: '128Mi', memoryLimit: '256Mi' })
const options = { namespace: 'stf', images: { registry, templates } }
const variables = (start: StartCommand) =>
  Object.fromEntries(jobSpec(start, options).spec.template.spec.containers[0].env.map((e) => [e.name, 'value' in e ? e.value : e.valueFrom.fieldRef.fieldPath]))

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const queueId = fc.stringMatching(/^[a-z0-9][a-z0-9_.M-]{2,120}$/)
const job: fc.Arbitrary<JobName> = fc.record({ queue_id: queueId, target: fc.constantFrom('loader-producer', 'arango-connector'), attempt: fc.integer({ min: 1, max: 9999 }) })

describe('the Job of an assignment', () => {
  it('is the one that the design describes', () => {
    const start = contractStart('succeeds')
    const { metadata, spec } = jobSpec(start, options)
    expect(metadata).toMatchObject({ namespace: 'stf', labels: { app: 'streamforge', queue_id: start.queue_id } })
    expect(spec).toMatchObject({ backoffLimit: 2, ttlSecondsAfterFinished: 3600 })
    expect(spec.template.metadata.labels).toEqual(metadata.labels)
    expect(spec.template.spec).toMatchObject({ restartPolicy: 'Never', nodeSelector: { 'streamforge-worker': 'true' } })
    expect(spec.template.spec.containers[0]).toMatchObject({ image: start.image, envFrom: [{ configMapRef: { name: 'streamforge' } }, { secretRef: { name: 'streamforge' } }, { secretRef: { name: 'kafka-succeeds', optional: true } }] })
    expect(spec).not.toHaveProperty('completions')
  })

  it('hands the assignment over as it is', () => {
    const start = contractStart('succeeds', { shards, checkpoint: [{ shard: 1, position: 5, records: 2, done: false }], attempt: 3 })
    const { command: _command, image: _image, timestamp: _timestamp, ...assignment } = start
    const { SHARD_INDEX: _shard, ...given } = variables(start)
    expect(assignmentFromEnv(given)).toEqual({ ...assignment, target: 'loader-producer' })
  })

  it('gives each shard of history a pod, which knows its number', () => {
    expect(jobSpec(contractStart('succeeds', { shards }), options).spec).toMatchObject({ completionMode: 'Indexed', completions: 2, parallelism: 2 })
    expect(variables(contractStart('succeeds', { shards }))['SHARD_INDEX']).toContain('job-completion-index')
    const connector = contractStart('succeeds', { shards, target: 'arango-connector' })
    expect(jobSpec(connector, options).spec).not.toHaveProperty('completionMode')
    expect(variables(connector)).not.toHaveProperty('SHARD_INDEX')
  })

  it('keeps to what Pod Security calls restricted', () => {
    const { securityContext, containers: [container], automountServiceAccountToken } = jobSpec(contractStart('succeeds'), options).spec.template.spec
    expect(securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(container.securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } })
    expect(automountServiceAccountToken).toBe(false)
  })

  it('sees the certificate of the cluster\'s authority, and not its key', () => {
    const { volumes, containers: [container] } = jobSpec(contractStart('succeeds'), options).spec.template.spec
    expect(volumes).toContainEqual({ name: 'authorities', secret: { secretName: 'streamforge-ca', optional: true, items: [{ key: 'ca.crt', path: 'ca.crt' }] } })
    expect(container.volumeMounts).toContainEqual({ name: 'authorities', mountPath: '/etc/streamforge', readOnly: true })
  })

  it('takes only values of a request, and no reference of one to another', () => {
    const start = contractStart('succeeds', { time_range: '$(KAFKA_SASL_PASSWORD)' })
    expect(variables(start)['TIME_RANGE']).toBe('$$(KAFKA_SASL_PASSWORD)')
    const smuggled = { ...start, hostNetwork: true, spec: { serviceAccountName: 'admin' } } as StartCommand
    expect(JSON.stringify(jobSpec(smuggled, options))).toBe(JSON.stringify(jobSpec(start, options)))
  })

  it('is what its template says, beside what is ours', () => {
    const pod = {
      nodeSelector: { 'nvidia.com/gpu.present': 'true' }, tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }], priorityClassName: 'low',
      containers: [{ name: 'worker', command: ['node', 'src/main.ts'], env: [{ name: 'NODE_OPTIONS', value: '$(HOME)' }], resources: { limits: { 'nvidia.com/gpu': '1' } } }],
    }
    const template = patchManifest(templates['trainer'], { spec: { template: { metadata: { annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' } }, spec: pod } } }) as JobTemplate
    const start = contractStart('succeeds', { image: `${registry}/trainer:v2`, target: 'trainer' })
    const { metadata, spec } = jobSpec(start, { ...options, images: { registry, templates: { trainer: template } } }).spec.template
    expect(spec).toMatchObject({ nodeSelector: { 'nvidia.com/gpu.present': 'true', 'streamforge-worker': 'true' }, tolerations: pod.tolerations, priorityClassName: 'low' })
    expect(spec.containers[0]).toMatchObject({ image: start.image, command: ['node', 'src/main.ts'], resources: { requests: { memory: '128Mi' }, limits: { memory: '256Mi', 'nvidia.com/gpu': '1' } } })
    expect(spec.containers[0].env).toContainEqual({ name: 'NODE_OPTIONS', value: '$$(HOME)' })
    expect(metadata.annotations).toEqual({ 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false', ...nameAnnotations(start) })
  })

  it('gives way to the assignment, whatever a template holds', () => {
    const smuggled = patchManifest(templates['succeeds'], { spec: { template: { spec: { containers: [{ name: 'worker', env: [{ name: 'QUEUE_ID', value: 'other' }] }] } } } }) as JobTemplate
    const start = contractStart('succeeds')
    const { env } = jobSpec(start, { ...options, images: { registry, templates: { succeeds: smuggled } } }).spec.template.spec.containers[0]
    expect(env.filter((e) => e.name === 'QUEUE_ID')).toEqual([{ name: 'QUEUE_ID', value: start.queue_id }])
  })

  it('is not sent with anything that a worker must not have', () => {
    const loose = patchManifest(templates['succeeds'], { spec: { template: { spec: { hostNetwork: true } } } }) as JobTemplate
    expect(() => jobSpec(contractStart('succeeds'), { ...options, images: { registry, templates: { succeeds: loose } } })).toThrowError(expect.objectContaining({ code: 'LAUNCH_FAILED', message: expect.stringContaining('hostNetwork') as string }))
  })

  it.each([
    'registry.example:5000/streamforge/other:v1', 'evil.example/streamforge/succeeds:v1', 'registry.example:5000/streamforge/succeeds',
    'registry.example:5000/streamforge/succeeds/succeeds:v1', 'registry.example:5000/streamforge/succeeds:v1 --privileged', 'succeeds:v1',
    'registry.example:5000/streamforge/constructor:v1',
  ])('refuses %s', (image) => {
    expect(() => jobSpec(contractStart('succeeds', { image }), options)).toThrowError(expect.objectContaining({ code: 'IMAGE_NOT_ALLOWED' }))
  })
})

describe("the Jobs of k8s/base's templates", async () => {
  // Every app's, as they were while the launcher had all this in its code.
  const known = JSON.parse(readFileSync(join(import.meta.dirname, 'jobs-of-base.json'), 'utf8')) as Record<string, object>
  const base = { namespace: 'stf', images: { registry: 'registry.example/streamforge', templates: await readJobTemplates(baseTemplatesFolder, baseApps) } }
  const made: Record<string, object> = {
    ...Object.fromEntries(baseApps.map((app) => [app, jobSpec(startOf(app), base)])),
    'loader-api with shards': jobSpec(startOf('loader-api', { shards }), base),
    ...Object.fromEntries(['loader-ws', 'arango-connector', 'processor'].map((app) => [`${app} of three`, groupSpec([startOf(app), startOf(app, { attempt: 2 }), startOf(app, { attempt: 3 })], base)])),
  }

  it.each(Object.keys(known))('%s', (name) => { expect(made[name]).toEqual(known[name]) })
  it('are all', () => { expect(Object.keys(made).sort()).toEqual(Object.keys(known).sort()) })
})

describe('the Job of several assignments', () => {
  const three = (more: Partial<StartCommand> = {}) => [contractStart('succeeds'), contractStart('succeeds', { checkpoint: [{ shard: 0, position: 5, records: 2, done: false }] }), contractStart('succeeds', more)] as const

  it('hands them over as a list, in one pod that belongs to all', () => {
    const starts = three()
    const { metadata, spec } = groupSpec(starts, options)
    const values = Object.fromEntries(spec.template.spec.containers[0].env.map((e) => [e.name, 'value' in e ? e.value : '']))
    const given = JSON.parse(values['ASSIGNMENTS']!) as unknown[]
    expect(given.map((assignment) => Assignment.parse(assignment))).toEqual(starts.map((start) => Assignment.strip().parse(start)))
    expect(values['QUEUE_ID']).toBeUndefined()
    expect(metadata.labels).toMatchObject({ app: 'streamforge', target: 'loader-producer', 'streamforge.dev/jobs': '3' })
    expect(spec).not.toHaveProperty('completions')
    expect(readGroup(metadata.annotations)).toEqual(starts.map(({ queue_id, target, attempt }) => ({ queue_id, target, attempt })))
  })

  it('gives the pod what all of them need', () => {
    const { requests, limits } = templates['succeeds']!.spec.template.spec.containers[0].resources
    const each = patchManifest(templates['succeeds'], { metadata: { annotations: { 'streamforge.dev/each-more-cpu': '20m', 'streamforge.dev/each-more-memory': '8Mi' } } }) as JobTemplate
    const large = patchManifest(each, { spec: { template: { spec: { containers: [{ name: 'worker', resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' } } }] } } } }) as JobTemplate
    expect(resourcesFor(each, 1)).toEqual({ requests, limits })
    expect(resourcesFor(each, 8)).toEqual({ requests: { cpu: '240m', memory: '184Mi' }, limits: { memory: '480Mi' } })
    expect(resourcesFor(large, 2)).toEqual({ requests: { cpu: '1020m', memory: '1032Mi' }, limits: { cpu: '2080m', memory: '2080Mi' } })
    expect(resourcesFor(templates['succeeds']!, 8)).toEqual({ requests, limits })
  })

  it.each([
    ['several targets', { target: 'arango-connector' }], ['another image', { image: 'registry.example:5000/streamforge/trainer:v1' }], ['shards', { shards }],
  ] as const)('refuses %s', (_, more) => {
    expect(() => groupSpec(three(more as Partial<StartCommand>), options)).toThrowError(expect.objectContaining({ code: 'LAUNCH_FAILED' }))
  })

  it('has a name that follows from whom it carries', () => {
    fc.assert(fc.property(fc.array(job, { minLength: 2, maxLength: 32 }), fc.array(job, { minLength: 2, maxLength: 32 }), (a, b) => {
      const [one, other] = [groupName(a as [JobName, JobName]), groupName(b as [JobName, JobName])]
      expect(`${one}-abcde`).toMatch(dnsLabel)
      expect(one === other).toBe(a.map(jobName).join('\n') === b.map(jobName).join('\n'))
      expect(readGroup(groupAnnotations(a))).toEqual(a)
    }), { seed: 4 })
  })
})

describe('names of Jobs', () => {
  it('are DNS labels with room for the pods of an Indexed Job, for every queue', () => {
    fc.assert(fc.property(job, (name) => {
      expect(`${objectName(name)}-999`).toMatch(dnsLabel)
      expect(labelValue(name.queue_id)).toMatch(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/)
    }), { seed: 1 })
  })

  it('differ where jobs do, and are the same for the same', () => {
    fc.assert(fc.property(job, job, (a, b) => {
      expect(objectName(a) === objectName(b)).toBe(jobName(a) === jobName(b))
      expect(labelValue(a.queue_id) === labelValue(b.queue_id)).toBe(a.queue_id === b.queue_id)
    }), { seed: 2 })
    const month = { queue_id: 'wf-btcusdt-api_candles_1M-20240801-a1b2c3', target: 'loader-producer', attempt: 1 }
    expect(objectName(month)).not.toBe(objectName({ ...month, queue_id: month.queue_id.replace('1M', '1m') }))
    expect(objectName(month)).toMatch(/^btcusdt-api-candles-1m-2024080-[0-9a-f]{10}-1$/)
  })

  it('are read back from what is written beside them, and from nobody else’s', () => {
    fc.assert(fc.property(job, (name) => { expect(readName(nameAnnotations(name))).toEqual(name) }), { seed: 3 })
    expect(readName({})).toBeUndefined()
    expect(readName({ ...nameAnnotations({ queue_id: 'q', target: 't', attempt: 1 }), 'streamforge.dev/attempt': 'first' })).toBeUndefined()
  })
})
