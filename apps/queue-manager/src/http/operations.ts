import {
  type ApiOperationId, type DeleteWorkflowQuery, type ListCoverageQuery, type LineageQuery, type ListWorkflowsQuery, type PromoteRequest, type WorkflowRequest,
} from '@streamforge/contracts'
import type { Access, AuditLog } from '@streamforge/access'
import type { Bus } from '@streamforge/bus'
import type { Store } from '@streamforge/store'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import type { z } from 'zod'
import type { WorkflowService } from '../leadership/stand-by.ts'
import { healingReport } from '../healing/healing-report.ts'
import { traceForecast } from '../lineage/trace-forecast.ts'
import { workflowTypes } from '../plan/workflow-types.ts'
import { retrainingOperations } from '../retraining/retraining-operations.ts'
import { accessOperations } from './access-operations.ts'
import type { EventStreams } from './event-stream.ts'
import { listCoverage, listWorkflows } from './list-pages.ts'
import { promoteModel, type Promotions } from './promote-model.ts'

export interface ApiParts {
  orchestrator: WorkflowService
  store: Store
  bus: Pick<Bus, 'admin'>
  /** Which versions of models serve. */
  models: Promotions
  metrics: Registry
  /** Relaunches that a workflow may have within an hour; absent: the default. */
  healingBudget?: number
  /** Who may do what. */
  access: Access
  audit: AuditLog
  /** Named conditions of /readyz, and whether each holds now. */
  conditions: () => Promise<Record<string, boolean>>
}

/** Answers one operation: with a body, or, having answered by itself, with undefined. */
export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/** Every operation of the API. Bodies, params and queries have been validated and filled with defaults by the time they get here. */
export function operationHandlers({ orchestrator, store, bus, models, metrics, access, audit, healingBudget, conditions }: ApiParts, streams: EventStreams): Record<ApiOperationId, Handler> {
  const id = (request: FastifyRequest) => (request.params as { id: string }).id
  return {
    createWorkflow: async ({ body, caller }, reply) => {
      const workflow = await orchestrator.create(body as WorkflowRequest, caller ?? undefined)
      void reply.header('location', `/workflows/${workflow.workflow_id}`)
      return workflow
    },
    listWorkflows: ({ query }) => listWorkflows(orchestrator.records, query as z.infer<typeof ListWorkflowsQuery>),
    getWorkflow: (request) => orchestrator.workflow(id(request)),
    followWorkflow: async (request, reply) => streams.follow(orchestrator, id(request), request, reply),
    stopWorkflow: (request) => orchestrator.stop(id(request), 'stopped by request'),
    retryWorkflow: (request) => orchestrator.retry(id(request), request.caller ?? undefined),
    replayWorkflow: async (request, reply) => {
      const workflow = await orchestrator.replay(id(request), request.caller ?? undefined)
      void reply.header('location', `/workflows/${workflow.workflow_id}`)
      return workflow
    },
    reportReplay: (request) => orchestrator.report(id(request)),
    workflowHealing: (request) => healingReport({ store, orchestrator, ...(healingBudget !== undefined && { budget: healingBudget }) }, id(request)),
    traceForecast: (request) => traceForecast({ store, bus }, id(request), request.query as z.infer<typeof LineageQuery>),
    promoteModel: ({ params, body }) => promoteModel(models, (params as { model: string }).model, body as z.infer<typeof PromoteRequest>),
    deleteWorkflow: async (request) => {
      await orchestrator.remove(id(request), request.query as z.infer<typeof DeleteWorkflowQuery>)
      return undefined
    },
    ...retrainingOperations(store),
    ...accessOperations(access, audit),
    listWorkflowTypes: async () => workflowTypes(),
    listCoverage: ({ query }) => listCoverage(store, query as z.infer<typeof ListCoverageQuery>),
    liveness: async () => ({ status: 'ok', conditions: {} }),
    readiness: async (_request, reply) => {
      const now = await conditions()
      const ready = Object.values(now).every(Boolean)
      void reply.code(ready ? 200 : 503)
      return { status: ready ? 'ok' : 'not_ready', conditions: now }
    },
    metrics: async (_request, reply) => {
      void reply.type(metrics.contentType)
      return metrics.metrics()
    },
  }
}
