import { Workflow, type WorkflowRequestInput } from '@streamforge/contracts'

/** The part of queue-manager's API that the benchmark uses. */
export interface WorkflowApi {
  submit(request: WorkflowRequestInput): Promise<Workflow>
  read(id: string): Promise<Workflow>
  stop(id: string): Promise<Workflow>
}

export function workflowApi(url: string): WorkflowApi {
  const call = async (method: string, path: string, body?: unknown): Promise<Workflow> => {
    const response = await fetch(`${url}/workflows${path}`, {
      method, ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    if (!response.ok) throw new Error(`${method} /workflows${path}: ${await response.text()}`)
    return Workflow.parse(await response.json())
  }
  return {
    submit: (request) => call('POST', '', request),
    read: (id) => call('GET', `/${id}`),
    stop: (id) => call('POST', `/${id}/stop`),
  }
}

/** Looks every so often until it is so. @throws when it is not within `withinMs` */
export async function until<T>(what: string, withinMs: number, look: () => Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > end) throw new Error(`${what}: not within ${Math.round(withinMs / 1000)} s`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}
