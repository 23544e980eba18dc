import { z } from 'zod'
import { ApiToken, ApiTokenList, ApiTokenParams, ApiTokenRequest, AuditPage, AuditQuery, Caller, CreatedApiToken, type NeededRole } from './access.ts'
import { DataType } from './data-type.ts'
import { HealingReport } from './healing.ts'
import { Lineage, LineageParams, LineageQuery } from './lineage.ts'
import { ModelParams, PromoteRequest, StoredModelAlias } from './model.ts'
import { Symbol, WorkflowId } from './names.ts'
import { QueueType } from './pipeline.ts'
import { ReplayReport } from './replay.ts'
import { RetrainingList, RetrainingPolicy, StoredRetraining } from './retraining.ts'
import {
  CoveragePage, Workflow, WorkflowPage, WorkflowRequest, WorkflowStatus, WorkflowTypes, WorkflowUpdate,
} from './workflow.ts'

const cursor = z.string().min(1).max(400).optional().describe('next_cursor of the page before')
const limit = z.coerce.number().int().min(1).max(500)
const flag = z.enum(['true', 'false']).default('false').transform((text) => text === 'true')

export const ListWorkflowsQuery = z.strictObject({
  status: WorkflowStatus.optional(),
  symbol: Symbol.optional().describe('Workflows that load this symbol'),
  type: DataType.optional().describe('Workflows that load this type'),
  cursor,
  limit: limit.default(50).describe('Workflows a page'),
})
export const ListCoverageQuery = z.strictObject({
  symbol: Symbol.optional(),
  type: QueueType.optional(),
  workflow_id: WorkflowId.optional(),
  cursor,
  limit: limit.default(100).describe('Certificates a page'),
})
export const DeleteWorkflowQuery = z.strictObject({
  data: flag.describe('true: also the stored records, gaps and certificates, where no other workflow shares them'),
})
/** Ids are looked up, not judged: an id that cannot exist is simply not found. */
export const WorkflowParams = z.strictObject({ id: z.string().min(1).max(100).describe('Workflow id, such as wf-a1b2c3') })
export const Health = z.strictObject({ status: z.enum(['ok', 'not_ready']), conditions: z.record(z.string(), z.boolean()) })

/** One operation of queue-manager's HTTP API. Routes and the OpenAPI document are both made from this table. */
export interface ApiOperation {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** With `{name}` for parameters, as OpenAPI writes it. */
  readonly path: string
  readonly summary: string
  readonly tag: 'workflows' | 'data' | 'access' | 'service'
  /** The least role that may do it. There is no default: what says nothing does not compile. */
  readonly needs: NeededRole
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  readonly answer: { status: number; description: string; schema?: z.ZodType; mediaType?: string }
  /** Statuses of its problem documents, beside 500. */
  readonly problems: readonly number[]
}

const operation = <const O extends ApiOperation>(o: O) => o
const params = WorkflowParams

export const apiOperations = {
  createWorkflow: operation({
    method: 'post', path: '/workflows', tag: 'workflows', needs: 'operator', body: WorkflowRequest,
    summary: 'Plan a workflow into queues and shards, store it, and start it as soon as there is room',
    answer: { status: 201, description: 'The workflow with its plan and estimate', schema: Workflow },
    problems: [400, 409, 413, 415, 422, 503],
  }),
  listWorkflows: operation({
    method: 'get', path: '/workflows', tag: 'workflows', needs: 'viewer', query: ListWorkflowsQuery,
    summary: 'Workflows, newest first', problems: [400, 503],
    answer: { status: 200, description: 'A page of workflows without their queues', schema: WorkflowPage },
  }),
  getWorkflow: operation({
    method: 'get', path: '/workflows/{id}', tag: 'workflows', needs: 'viewer', params, summary: 'A workflow with its queues', problems: [400, 404, 503],
    answer: { status: 200, description: 'The workflow', schema: Workflow },
  }),
  followWorkflow: operation({
    method: 'get', path: '/workflows/{id}/events', tag: 'workflows', needs: 'viewer', params, problems: [400, 404, 503],
    summary: 'Server-sent events: the whole state first, then every change; `event: end` when the workflow has ended',
    answer: { status: 200, description: 'Each message is a WorkflowUpdate', schema: WorkflowUpdate, mediaType: 'text/event-stream' },
  }),
  stopWorkflow: operation({
    method: 'post', path: '/workflows/{id}/stop', tag: 'workflows', needs: 'operator', params, problems: [400, 404, 409, 503],
    summary: 'Stop a workflow: what is loaded stays, and a retry goes on from there',
    answer: { status: 200, description: 'The workflow, stopping or stopped', schema: Workflow },
  }),
  retryWorkflow: operation({
    method: 'post', path: '/workflows/{id}/retry', tag: 'workflows', needs: 'operator', params, problems: [400, 404, 409, 503],
    summary: 'Go on with the queues of a failed or stopped workflow from their checkpoints',
    answer: { status: 200, description: 'The workflow, running again', schema: Workflow },
  }),
  deleteWorkflow: operation({
    method: 'delete', path: '/workflows/{id}', tag: 'workflows', needs: 'operator', params, query: DeleteWorkflowQuery, problems: [400, 404, 409, 503],
    summary: 'Remove an ended workflow and its topics; the data stays unless asked otherwise',
    answer: { status: 204, description: 'Removed' },
  }),
  replayWorkflow: operation({
    method: 'post', path: '/workflows/{id}/replay', tag: 'workflows', needs: 'operator', params, problems: [400, 404, 409, 503],
    summary: 'Run the stages of a finished workflow again from its topics, into collections of their own, to compare the hashes',
    answer: { status: 201, description: 'The replay: a workflow of its own', schema: Workflow },
  }),
  reportReplay: operation({
    method: 'get', path: '/workflows/{id}/report', tag: 'workflows', needs: 'viewer', params, problems: [400, 404, 409, 503],
    summary: "A replay's hashes beside those of the workflow that it repeats",
    answer: { status: 200, description: 'The report, as far as the replay has come', schema: ReplayReport },
  }),
  workflowHealing: operation({
    method: 'get', path: '/workflows/{id}/healing', tag: 'workflows', needs: 'viewer', params, problems: [400, 404, 503],
    summary: 'What was decided about workers of the workflow that were lost, and why',
    answer: { status: 200, description: 'The newest 200 decisions, and the circuits that are open', schema: HealingReport },
  }),
  traceForecast: operation({
    method: 'get', path: '/lineage/{id}', tag: 'data', needs: 'viewer', params: LineageParams, query: LineageQuery, problems: [400, 404, 503],
    summary: 'Where a forecast comes from: model, training run, graph, features, documents, topic offsets, source range',
    answer: { status: 200, description: 'The walk; `missing` names what is not there any more', schema: Lineage },
  }),
  promoteModel: operation({
    method: 'post', path: '/models/{model}/promote', tag: 'data', needs: 'operator', params: ModelParams, body: PromoteRequest, problems: [400, 404, 413, 415, 422, 503],
    summary: 'Make a version of a model its champion: a promotion, or, with an earlier version, a roll-back',
    answer: { status: 200, description: 'What the alias champion stands for now', schema: StoredModelAlias },
  }),
  putRetraining: operation({
    method: 'put', path: '/retraining/{model}', tag: 'data', needs: 'operator', params: ModelParams, body: RetrainingPolicy, problems: [400, 413, 415, 422, 503],
    summary: 'Say when a model is trained again: at once where there is none, then whenever enough new bars came',
    answer: { status: 200, description: 'The policy, and how far it has come', schema: StoredRetraining },
  }),
  listRetraining: operation({
    method: 'get', path: '/retraining', tag: 'data', needs: 'viewer', summary: 'Retraining policies with their trainings', problems: [503],
    answer: { status: 200, description: 'All of them', schema: RetrainingList },
  }),
  getRetraining: operation({
    method: 'get', path: '/retraining/{model}', tag: 'data', needs: 'viewer', params: ModelParams, summary: "A model's retraining policy and trainings", problems: [400, 404, 503],
    answer: { status: 200, description: 'The policy, and how far it has come', schema: StoredRetraining },
  }),
  deleteRetraining: operation({
    method: 'delete', path: '/retraining/{model}', tag: 'data', needs: 'operator', params: ModelParams, summary: 'Train a model no more by itself; a training under way goes on', problems: [400, 404, 503],
    answer: { status: 204, description: 'Removed; the versions of the model stay' },
  }),
  listWorkflowTypes: operation({
    method: 'get', path: '/workflow-types', tag: 'workflows', needs: 'viewer', summary: 'The types that a workflow may ask for, and what may be made of the data', problems: [],
    answer: { status: 200, description: 'All types and pipelines, also those that no service of this release produces', schema: WorkflowTypes },
  }),
  listCoverage: operation({
    method: 'get', path: '/coverage', tag: 'data', needs: 'viewer', query: ListCoverageQuery, summary: 'Coverage certificates', problems: [400, 503],
    answer: { status: 200, description: 'A page of certificates', schema: CoveragePage },
  }),
  describeCaller: operation({
    method: 'get', path: '/caller', tag: 'access', needs: 'viewer', summary: 'Who you are here, and what you may do', problems: [],
    answer: { status: 200, description: 'The caller', schema: Caller },
  }),
  createToken: operation({
    method: 'post', path: '/tokens', tag: 'access', needs: 'admin', body: ApiTokenRequest, problems: [400, 413, 415, 422, 503],
    summary: 'Make a token for a program; it is told once, and only its SHA-256 is kept',
    answer: { status: 201, description: 'The token', schema: CreatedApiToken },
  }),
  listTokens: operation({
    method: 'get', path: '/tokens', tag: 'access', needs: 'admin', summary: 'Tokens of programs, newest first, revoked and expired ones too', problems: [503],
    answer: { status: 200, description: 'All of them, without the tokens themselves', schema: ApiTokenList },
  }),
  revokeToken: operation({
    method: 'delete', path: '/tokens/{id}', tag: 'access', needs: 'admin', params: ApiTokenParams, problems: [400, 404, 409, 503],
    summary: 'Revoke a token: it is refused from now on',
    answer: { status: 200, description: 'The token, revoked', schema: ApiToken },
  }),
  listAudit: operation({
    method: 'get', path: '/audit', tag: 'access', needs: 'admin', query: AuditQuery, summary: 'Every attempt to change something, newest first', problems: [400, 503],
    answer: { status: 200, description: 'A page of the audit log', schema: AuditPage },
  }),
  liveness: operation({
    method: 'get', path: '/healthz', tag: 'service', needs: 'public', summary: 'Whether the process lives', problems: [],
    answer: { status: 200, description: 'It does', schema: Health },
  }),
  readiness: operation({
    method: 'get', path: '/readyz', tag: 'service', needs: 'public', summary: 'Whether it can do its work: store, bus and orchestrator', problems: [],
    answer: { status: 200, description: 'It can; 503 with the same body when not', schema: Health },
  }),
  metrics: operation({
    method: 'get', path: '/metrics', tag: 'service', needs: 'public', summary: 'Metrics in the Prometheus text format', problems: [],
    answer: { status: 200, description: 'Metrics', mediaType: 'text/plain' },
  }),
} as const satisfies Record<string, ApiOperation>
export type ApiOperationId = keyof typeof apiOperations
