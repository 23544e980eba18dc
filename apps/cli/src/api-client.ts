import {
  ApiToken, ApiTokenList, AuditPage, CoveragePage, HealingReport, CreatedApiToken, Lineage, Problem, ReplayReport, StreamForgeError, Workflow, WorkflowPage, WorkflowUpdate, type ApiTokenRequest, type WorkflowRequestInput,
  askLeader, usualLeaderPatience, type LeaderPatience,
} from '@streamforge/contracts'
import type { z } from 'zod'
import { readServerSentEvents } from './server-sent-events.ts'

/** queue-manager's HTTP API as the command line uses it. Every answer is validated against the contracts. */
export interface ApiClient {
  readonly url: string
  /** Whether requests carry a token. */
  readonly hasToken: boolean
  submit(request: WorkflowRequestInput): Promise<Workflow>
  workflow(id: string): Promise<Workflow>
  workflows(query: { status?: string; cursor?: string }): Promise<z.infer<typeof WorkflowPage>>
  stop(id: string): Promise<Workflow>
  retry(id: string): Promise<Workflow>
  replay(id: string): Promise<Workflow>
  report(id: string): Promise<ReplayReport>
  healing(id: string): Promise<HealingReport>
  lineage(id: string, query: { workflow_id?: string }): Promise<Lineage>
  coverage(query: { symbol?: string; type?: string; workflow_id?: string; cursor?: string }): Promise<z.infer<typeof CoveragePage>>
  createToken(request: ApiTokenRequest): Promise<CreatedApiToken>
  tokens(): Promise<z.infer<typeof ApiTokenList>>
  revokeToken(id: string): Promise<ApiToken>
  audit(query: Record<string, string>): Promise<AuditPage>
  /** State first, then every change, until the workflow has ended or `signal` aborts. Reconnects by itself. */
  updates(id: string, signal: AbortSignal): AsyncIterable<WorkflowUpdate>
}

/** Waits a while for a queue-manager that leads. @throws StreamForgeError with the problem's code, or UNAVAILABLE when nobody answers at `url` */
export function openApiClient(url: string, { token, fetch: fetchFunction = fetch, patience = usualLeaderPatience }: { token?: string | undefined; fetch?: typeof fetch; patience?: LeaderPatience } = {}): ApiClient {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const call = async <S extends z.ZodType>(schema: S, method: string, path: string, body?: unknown): Promise<z.infer<S>> => {
    const response = await reach(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    return schema.parse(await response.json())
  }
  const reach = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await askLeader(() => fetchFunction(new URL(path, url), { ...init, headers: { ...authorization, ...init.headers } }), patience).catch((cause: unknown) => {
      throw new StreamForgeError('UNAVAILABLE', `nothing answers at ${url}`, {
        cause, remedy: "start the platform with 'streamforge up', or name another with --url",
      })
    })
    if (!response.ok) throw await problemError(response)
    return response
  }
  return {
    url,
    hasToken: token !== undefined,
    submit: (request) => call(Workflow, 'POST', '/workflows', request),
    workflow: (id) => call(Workflow, 'GET', `/workflows/${encodeURIComponent(id)}`),
    workflows: (query) => call(WorkflowPage, 'GET', withQuery('/workflows', query)),
    stop: (id) => call(Workflow, 'POST', `/workflows/${encodeURIComponent(id)}/stop`),
    retry: (id) => call(Workflow, 'POST', `/workflows/${encodeURIComponent(id)}/retry`),
    replay: (id) => call(Workflow, 'POST', `/workflows/${encodeURIComponent(id)}/replay`),
    report: (id) => call(ReplayReport, 'GET', `/workflows/${encodeURIComponent(id)}/report`),
    healing: (id) => call(HealingReport, 'GET', `/workflows/${encodeURIComponent(id)}/healing`),
    lineage: (id, query) => call(Lineage, 'GET', withQuery(`/lineage/${encodeURIComponent(id)}`, query)),
    coverage: (query) => call(CoveragePage, 'GET', withQuery('/coverage', query)),
    createToken: (request) => call(CreatedApiToken, 'POST', '/tokens', request),
    tokens: () => call(ApiTokenList, 'GET', '/tokens'),
    revokeToken: (id) => call(ApiToken, 'DELETE', `/tokens/${encodeURIComponent(id)}`),
    audit: (query) => call(AuditPage, 'GET', withQuery('/audit', query)),
    async *updates(id, signal) {
      while (!signal.aborted) {
        try {
          const response = await reach(`/workflows/${encodeURIComponent(id)}/events`, { signal })
          for await (const event of readServerSentEvents(response.body!)) {
            if (event.event === 'end') return
            const update = WorkflowUpdate.parse(JSON.parse(event.data))
            yield update
            if (['finished', 'failed', 'stopped'].includes(update.workflow.status)) return
          }
        } catch (error) {
          if (signal.aborted) return
          if (error instanceof StreamForgeError && error.code !== 'UNAVAILABLE') throw error
        }
        // queue-manager is restarting: its state comes back from the store, so asking again loses nothing.
        await pause(500, signal)
      }
    },
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
  })
}

function withQuery(path: string, query: Record<string, string | undefined>): string {
  const entries = Object.entries(query).filter((e): e is [string, string] => e[1] !== undefined)
  return entries.length ? `${path}?${new URLSearchParams(entries)}` : path
}

async function problemError(response: Response): Promise<StreamForgeError> {
  const parsed = Problem.safeParse(await response.json().catch(() => undefined))
  if (!parsed.success) return new StreamForgeError('UNAVAILABLE', `${response.url} answered ${response.status} without a problem document`)
  const { code, detail, errors } = parsed.data
  const remedy = code === 'NOT_AUTHENTICATED' ? 'set STREAMFORGE_TOKEN to a token of that platform (docs/SECURITY.md)' : parsed.data.remedy
  const fields = (errors ?? []).map((e) => `\n  ${e.field}: ${e.message}`).join('')
  return new StreamForgeError(code, detail + fields, remedy === undefined ? {} : { remedy })
}
