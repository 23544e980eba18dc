import { describe, expect, it } from 'vitest'
import { isFinished, isSettled, jobInfos, jobState, memberEnded, membersOf, recordEnd } from './job-state.ts'
import { annotations, groupAnnotations, memberKeys, nameAnnotations } from './object-name.ts'
import { ObservedJob, ObservedPod } from './observed.ts'
import { jobName } from '../launcher.ts'
import { hopelessStart, waitingFor } from './start-problem.ts'

const metadata = { name: 'x', uid: 'u1', creationTimestamp: '2026-01-01T00:00:00Z' }
const jobWith = (conditions: { type: string; reason?: string; message?: string }[], written: Record<string, string> = {}) =>
  ObservedJob.parse({ metadata: { ...metadata, annotations: written }, status: { conditions: conditions.map((c) => ({ status: 'True', ...c })) } })
const podWith = (state: object, status: object = {}) =>
  ObservedPod.parse({ metadata, status: { phase: 'Running', containerStatuses: [{ name: 'worker', state }], ...status } })
const ended = (exitCode: number, reason = 'Error') => podWith({ terminated: { exitCode, reason } }, { phase: 'Failed' })
const failed = jobWith([{ type: 'Failed', reason: 'PodFailurePolicy', message: 'Container worker for pod stf/x-1 failed with exit code 3 matching FailJob rule at index 0' }])

describe('the state of a Job', () => {
  it.each([
    ['runs without a condition', jobWith([]), [], { status: 'running' }],
    ['runs while suspended or whatever else', jobWith([{ type: 'Suspended' }]), [], { status: 'running' }],
    ['is done when Kubernetes says so', jobWith([{ type: 'Complete' }]), [], { status: 'succeeded' }],
    ['has failed with the exit code of its pod', failed, [ended(3)], { status: 'failed', exitCode: 3, signal: undefined, reason: 'exit code 3' }],
    ['has failed with what the condition says of a pod that is gone', failed, [], { status: 'failed', exitCode: 3, signal: undefined, reason: 'exit code 3' }],
    ['says that memory ran out', failed, [ended(137, 'OOMKilled')], { status: 'failed', exitCode: 137, signal: 'SIGKILL', reason: 'OOMKilled: it took more memory than its limit' }],
    ['says that it was killed', failed, [ended(137)], { status: 'failed', exitCode: 137, signal: 'SIGKILL', reason: 'killed by SIGKILL' }],
    ['blames the shard that failed, not those stopped after it', failed, [ended(143), ended(1)], { status: 'failed', exitCode: 1, signal: undefined, reason: 'exit code 1' }],
    ['says that it was stopped', failed, [ended(143)], { status: 'failed', exitCode: 143, signal: undefined, reason: 'exit code 143: stopped by SIGTERM' }],
    ['says why it was evicted', jobWith([{ type: 'Failed', reason: 'BackoffLimitExceeded' }]), [podWith({}, { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory' })],
      { status: 'failed', exitCode: undefined, signal: undefined, reason: 'Evicted: The node was low on memory' }],
    ['says what Kubernetes says', jobWith([{ type: 'Failed', reason: 'BackoffLimitExceeded', message: 'too often' }]), [], { status: 'failed', exitCode: undefined, signal: undefined, reason: 'BackoffLimitExceeded: too often' }],
  ] as const)('%s', (_, job, pods, state) => {
    expect(jobState(job, pods)).toEqual(state)
  })

  it('is what was recorded of its end, whatever came after', () => {
    for (const end of [{ status: 'succeeded' }, { status: 'failed', exitCode: undefined, signal: undefined, reason: 'cancelled' }, { status: 'failed', exitCode: 137, signal: 'SIGKILL', reason: 'killed' }] as const) {
      expect(jobState(jobWith([{ type: 'Failed', reason: 'DeadlineExceeded' }], { [annotations.end]: recordEnd(end) }), [ended(9)])).toEqual(end)
    }
    expect(jobState(jobWith([], { [annotations.end]: 'nonsense' }), [])).toEqual({ status: 'running' })
  })

  it('is decided before its last pods are gone', () => {
    const deciding = jobWith([{ type: 'FailureTarget', reason: 'PodFailurePolicy' }])
    expect([isFinished(deciding), isSettled(deciding), jobState(deciding, [ended(2)]).status]).toEqual([true, false, 'failed'])
    expect(isFinished(jobWith([{ type: 'Complete' }]))).toBe(true)
    expect(isFinished(ObservedJob.parse({ metadata, status: { conditions: [{ type: 'Complete', status: 'False' }] } }))).toBe(false)
  })

  it('belongs to a job of ours, or to nobody', () => {
    const name = { queue_id: 'wf-a', target: 'trainer', attempt: 2 }
    expect(jobInfos(jobWith([], nameAnnotations(name)), [])).toEqual([{ ...name, name: 'wf-a--trainer--2', state: { status: 'running' }, startedAt: Date.UTC(2026, 0) }])
    expect(jobInfos(jobWith([]), [])).toEqual([])
    expect(jobInfos(jobWith([], { [annotations.jobs]: '[{}]' }), [])).toEqual([])
    expect(jobInfos(jobWith([], { [annotations.jobs]: 'no list' }), [])).toEqual([])
  })
})

describe('a Job that several jobs share', () => {
  const jobs = ['wf-a', 'wf-b', 'wf-c'].map((queue_id) => ({ queue_id, target: 'loader-producer', attempt: 1 }))
  const [first, second] = jobs.map(memberKeys)
  const statesOf = (job: ObservedJob, pods: readonly ObservedPod[] = []) => jobInfos(job, pods).map(({ name, state }) => `${name} ${state.status}`)

  it('is each of them', () => {
    expect(statesOf(jobWith([], groupAnnotations(jobs)))).toEqual(jobs.map((job) => `${jobName(job)} running`))
    expect(statesOf(jobWith([{ type: 'Complete' }], groupAnnotations(jobs)))).toEqual(jobs.map((job) => `${jobName(job)} succeeded`))
    const ends = jobInfos(jobWith([{ type: 'Failed' }], groupAnnotations(jobs)), [ended(137)])
    expect(ends.map(({ state }) => state)).toEqual(Array(3).fill({ status: 'failed', exitCode: 137, signal: 'SIGKILL', reason: 'killed by SIGKILL' }))
  })

  it('goes on without the one that was cancelled, whose end stays what it was', () => {
    const left = { ...groupAnnotations(jobs), [first!.end]: recordEnd({ status: 'failed', exitCode: undefined, signal: 'SIGTERM', reason: 'cancelled' }) }
    const job = jobWith([], left)
    expect(membersOf(job).map((member) => memberEnded(job, member))).toEqual([true, false, false])
    expect(statesOf(job)).toEqual([`${jobName(jobs[0]!)} failed`, `${jobName(jobs[1]!)} running`, `${jobName(jobs[2]!)} running`])
    expect(statesOf(jobWith([{ type: 'Complete' }], left))).toEqual([`${jobName(jobs[0]!)} failed`, `${jobName(jobs[1]!)} succeeded`, `${jobName(jobs[2]!)} succeeded`])
  })

  it('ends for all that have no end of their own when it is given up', () => {
    const job = jobWith([], { ...groupAnnotations(jobs), [annotations.end]: recordEnd({ status: 'failed', exitCode: undefined, signal: undefined, reason: 'no image' }), [second!.end]: recordEnd({ status: 'succeeded' }) })
    expect(statesOf(job).map((state) => state.split(' ')[1])).toEqual(['failed', 'succeeded', 'failed'])
  })

  it('forgets one without the others', () => {
    expect(statesOf(jobWith([], { ...groupAnnotations(jobs), [second!.forgotten]: 'true' }))).toHaveLength(2)
  })
})

describe('a Job that does not start', () => {
  const pending = (state: object, status: object = {}) => podWith(state, { phase: 'Pending', ...status })

  it.each([
    ['ErrImagePull', /image cannot be pulled.*no such image/], ['ImagePullBackOff', /image cannot be pulled/], ['InvalidImageName', /no valid name/],
    ['CreateContainerConfigError', /configuration is not there/],
  ])('will not, when its container waits for %s', (reason, says) => {
    expect(hopelessStart([podWith({ running: {} }), pending({ waiting: { reason, message: 'no such image' } })])).toMatch(says)
  })

  it('may, while it is being made', () => {
    expect(hopelessStart([pending({ waiting: { reason: 'ContainerCreating' } }), pending({})])).toBeUndefined()
  })

  it('waits for what its events or its pods name', () => {
    expect(waitingFor([], [{ reason: 'FailedCreate', message: 'exceeded quota: small' }])).toBe('no pod can be made: exceeded quota: small')
    expect(waitingFor([], [{ reason: 'SuccessfulCreate', message: 'made' }])).toBe('no pod has been made for it yet')
    expect(waitingFor([pending({}, { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' }] })], [])).toBe('no node takes it: 0/1 nodes are available')
    expect(waitingFor([pending({ waiting: { reason: 'ContainerCreating' } })], [])).toBe('its pod is ContainerCreating')
    expect(waitingFor([pending({}), podWith({ running: {} })], [])).toBeUndefined()
    expect(waitingFor([ended(1)], [])).toBeUndefined()
  })
})
