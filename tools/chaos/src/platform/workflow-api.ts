import { Workflow, WorkflowPage, type WorkflowRequestInput } from '@streamforge/contracts'
import { setTimeout as delay } from 'node:timers/promises'

/** The part of queue-manager's API that is used, which may be away at any moment. */
export interface WorkflowApi {
  /** Made once, however often it has to be asked: its name tells it. */
  submit(request: WorkflowRequestInput & { name: string }): Promise<Workflow>
  read(id: string): Promise<Workflow>
  act(id: string, action: 'stop' | 'retry'): Promise<Workflow>
}

const answerWithinMs = 10_000
const patienceMs = 120_000

export function workflowApi(url: string): WorkflowApi {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/workflows${path}`, {
      method, signal: AbortSignal.timeout(answerWithinMs),
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const answer = await response.text()
    if (!response.ok) throw Object.assign(new Error(`${method} /workflows${path}: ${response.status} ${answer}`), { final: response.status < 500 && response.status !== 429 })
    return JSON.parse(answer)
  }
  const again = async <T>(work: () => Promise<T>): Promise<T> => {
    const giveUp = AbortSignal.timeout(patienceMs)
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (giveUp.aborted || (error as { final?: boolean }).final) throw error
        await delay(250)
      }
    }
  }
  const named = async (name: string) => WorkflowPage.parse(await call('GET', '')).workflows.find((workflow) => workflow.name === name)
  const read = (id: string) => again(async () => Workflow.parse(await call('GET', `/${id}`)))
  return {
    read,
    submit: async (request) => {
      const { workflow_id: id } = await again(async () => (await named(request.name)) ?? Workflow.parse(await call('POST', '', request)))
      return read(id)
    },
    // Refused when an answer was lost and it has been done: the state says so.
    act: async (id, action) => {
      await again(() => call('POST', `/${id}/${action}`)).catch((error: unknown) => {
        if (!String(error).includes(' 409 ')) throw error
      })
      return read(id)
    },
  }
}
