import { z } from 'zod'
import { ApiToken, ApiTokenList, ApiTokenRequest, AuditPage, Caller, CreatedApiToken } from './access.ts'
import { apiOperations, type ApiOperation } from './api-operations.ts'
import { Lineage } from './lineage.ts'
import { Problem } from './problem.ts'
import { ReplayReport } from './replay.ts'
import { RetrainingPolicy } from './retraining.ts'
import {
  CoveragePage, Workflow, WorkflowPage, WorkflowRequest, WorkflowTypes, WorkflowUpdate,
} from './workflow.ts'

const named = new Map<z.ZodType, string>([
  [WorkflowRequest, 'WorkflowRequest'], [Workflow, 'Workflow'], [WorkflowPage, 'WorkflowPage'], [WorkflowTypes, 'WorkflowTypes'],
  [WorkflowUpdate, 'WorkflowUpdate'], [CoveragePage, 'CoveragePage'], [Problem, 'Problem'],
  [ReplayReport, 'ReplayReport'], [Lineage, 'Lineage'], [RetrainingPolicy, 'RetrainingPolicy'],
  [Caller, 'Caller'], [ApiTokenRequest, 'ApiTokenRequest'], [ApiToken, 'ApiToken'], [ApiTokenList, 'ApiTokenList'], [CreatedApiToken, 'CreatedApiToken'], [AuditPage, 'AuditPage'],
])
/** What callers send: they may leave out what has a default. */
const sent = new Set<z.ZodType>([WorkflowRequest, RetrainingPolicy, ApiTokenRequest])

/** What stands before every operation: requests that come too slowly, too often or with too much before the body. */
const guardStatuses = [408, 429, 431]

/** The OpenAPI 3.1 document of queue-manager's API, made from the table of operations. */
export function openApiDocument(version: string) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [id, operation] of Object.entries<ApiOperation>(apiOperations)) {
    (paths[operation.path] ??= {})[operation.method] = { operationId: id, ...describeOperation(operation) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'StreamForge queue-manager', version, description: 'Load market history without gaps or doubles, and watch it being loaded.' },
    tags: [
      { name: 'workflows', description: 'What is to be loaded, and how far it is' },
      { name: 'data', description: 'What is known of the data' },
      { name: 'access', description: 'Who may do what, and who did what' },
      { name: 'service', description: 'Health and metrics' },
    ],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: "An access token of the issuer, or an API token (stf_...). On this machine, where no sign-in is configured, requests without one are the local operator's." },
      },
      schemas: Object.fromEntries([...named].map(([schema, name]) => [name, plainSchema(schema, sent.has(schema) ? 'input' : 'output')])),
    },
  }
}

function describeOperation(operation: ApiOperation) {
  const { answer } = operation
  const mediaType = answer.mediaType ?? 'application/json'
  const content = answer.schema ? { schema: reference(answer.schema) } : answer.mediaType ? { schema: { type: 'string' } } : undefined
  return {
    summary: operation.summary,
    tags: [operation.tag],
    // An empty one beside it: without a token where nobody signs in.
    security: operation.needs === 'public' ? [] : [{ bearer: [] }, {}],
    'x-needs-role': operation.needs,
    parameters: [...parameters('path', operation.params), ...parameters('query', operation.query)],
    ...(operation.body && { requestBody: { required: true, content: { 'application/json': { schema: reference(operation.body) } } } }),
    responses: {
      [answer.status]: { description: answer.description, ...(content && { content: { [mediaType]: content } }) },
      ...(operation.path === '/readyz' && { 503: { description: 'Not ready', ...(content && { content: { [mediaType]: content } }) } }),
      ...Object.fromEntries([...operation.problems, ...(operation.needs === 'public' ? [403] : [401, 403, 503]), ...guardStatuses, 500].map((status) => [status, {
        description: 'What was wrong and what to do', content: { 'application/problem+json': { schema: reference(Problem) } },
      }])),
    },
  }
}

function parameters(place: 'path' | 'query', schema: z.ZodObject | undefined) {
  return Object.entries(schema?.shape ?? {}).map(([name, type]) => {
    const { description, ...rest } = plainSchema(type as z.ZodType, 'input')
    const required = place === 'path' || !(type as z.ZodType).safeParse(undefined).success
    return { name, in: place, required, ...(description !== undefined && { description }), schema: rest }
  })
}

function reference(schema: z.ZodType) {
  const name = named.get(schema)
  return name === undefined ? plainSchema(schema, 'output') : { $ref: `#/components/schemas/${name}` }
}

function plainSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: ({ jsonSchema }) => writeTuple(jsonSchema) })
  return rest
}

/** A tuple of equals as an array of a fixed length: the same values, and tools that do not know `prefixItems` read it. */
function writeTuple(schema: z.core.JSONSchema.BaseSchema): void {
  const { prefixItems } = schema
  if (!prefixItems?.length || new Set(prefixItems.map((item) => JSON.stringify(item))).size > 1) return
  Object.assign(schema, { items: prefixItems[0], minItems: prefixItems.length, maxItems: prefixItems.length })
  delete schema.prefixItems
}
