import { WorkflowRequest, StreamForgeError, type Workflow, type WorkflowRequestInput } from '@streamforge/contracts'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { connectApi, type ConnectionOptions } from '../connection.ts'
import { print, printJson } from '../output.ts'
import { count, duration } from '../render/format.ts'
import { pipelineFromOptions, type PipelineOptions } from './pipeline-options.ts'
import { watchWorkflow } from './watch.ts'

export interface SubmitOptions extends ConnectionOptions, PipelineOptions {
  symbols?: string[]
  types?: string[]
  range?: string
  venue?: string
  name?: string
  shards?: number
  source?: string
  maxAttempts?: number
  file?: string
  watch?: boolean
  json?: boolean
}

/** Sends a workflow; with --watch, follows it to its end. Resolves with the process's exit code. */
export async function submit(options: SubmitOptions): Promise<number> {
  const api = await connectApi(options)
  const request = options.file ? await readRequest(options.file) : requestFromOptions(options)
  const workflow = await api.submit(request)
  if (options.watch) return watchWorkflow(api, workflow.workflow_id, { json: options.json ?? false })
  if (options.json) printJson(workflow)
  else print(describePlan(workflow))
  return 0
}

/** `wf-a1b2c3: 20 queues, 881,280 records, 900 requests (weight 1,800), about 18 s` */
export function describePlan(workflow: Workflow): string {
  const { estimate, queues } = workflow
  const facts = [`${queues.length} ${queues.length === 1 ? 'queue' : 'queues'}`]
  if (estimate.records !== undefined) facts.push(`${count(estimate.records)} records`)
  facts.push(`${count(estimate.requests)} requests (weight ${count(estimate.api_weight)})`, `about ${duration(estimate.minutes * 60)}`)
  return `${workflow.workflow_id}: ${facts.join(', ')}${estimate.note ? `\n  ${estimate.note}` : ''}`
}

function requestFromOptions(options: SubmitOptions): WorkflowRequestInput {
  if (!options.symbols?.length || !options.types?.length || !options.range) {
    throw new StreamForgeError('BAD_REQUEST', 'a workflow needs --symbol, --type and --range', {
      remedy: 'for example: streamforge submit --symbol BTCUSDT --type api_candles_5m --range 2024-08-01:2024-08-02',
    })
  }
  const given = (values: Record<string, unknown>) => Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined))
  // The API checks the values: what it says of them is what the user should read.
  return {
    symbols: options.symbols, types: options.types, time_range: options.range,
    ...given({ venue: options.venue, name: options.name, pipeline: pipelineFromOptions(options) }),
    options: given({ shards: options.shards, source: options.source, max_attempts: options.maxAttempts }),
  } as WorkflowRequestInput
}

async function readRequest(file: string): Promise<WorkflowRequestInput> {
  const text = await readFile(file === '-' ? '/dev/stdin' : file, 'utf8')
  const parsed = WorkflowRequest.safeParse(JSON.parse(text))
  if (!parsed.success) throw new StreamForgeError('BAD_REQUEST', `${file} is no workflow request\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}
