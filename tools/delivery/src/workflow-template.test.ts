import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { afterEach, describe, expect, it } from 'vitest'

interface Template { name: string; script?: { source: string } }
const text = readFileSync(join(resolve(import.meta.dirname, '../../..'), 'k8s/dependencies/argo-workflows/template.yaml'), 'utf8')
const { spec } = parseAllDocuments(text)[0]!.toJS() as { spec: { templates: Template[] } }
const sourceOf = (name: string) => spec.templates.find((template) => template.name === name)!.script!.source.replace('{{inputs.parameters.id}}', 'wf-1')

describe("Argo's template, its scripts run as they are", () => {
  let server: Server | undefined
  afterEach(() => void server?.close())

  /** A queue-manager that gives these answers, one after the other; the last again and again. */
  async function run(script: string, answers: readonly (readonly [status: number, body: object])[], token?: string) {
    const asked: { method?: string | undefined; url?: string | undefined; authorization?: string | undefined; body: string }[] = []
    server = createServer((request, response) => void (async () => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      asked.push({ method: request.method, url: request.url, authorization: request.headers.authorization, body })
      const [status, answer] = answers[Math.min(asked.length, answers.length) - 1]!
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const child = spawn(process.execPath, ['--input-type=module', '-e', sourceOf(script)], {
      env: { API: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, REQUEST: '{"symbols":["BTCUSDT"]}', ...(token && { STREAMFORGE_TOKEN: token }) }, stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let notices = ''
    child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
    child.stderr.on('data', (chunk: Buffer) => { notices += chunk.toString() })
    const [code] = await once(child, 'close') as [number]
    return { code, output, notices, asked }
  }

  it('posts the request with its token, and gives on the workflow', async () => {
    const { code, output, asked } = await run('post', [[201, { workflow_id: 'wf-1' }]], 'stf_x')
    expect([code, output]).toEqual([0, 'wf-1'])
    expect(asked).toEqual([{ method: 'POST', url: '/workflows', authorization: 'Bearer stf_x', body: '{"symbols":["BTCUSDT"]}' }])
  })

  it('fails with the reason when the request is refused', async () => {
    expect(await run('post', [[422, { detail: 'no such symbol' }]])).toMatchObject({ code: 1, notices: expect.stringContaining('no such symbol') as string })
  })

  it.each([
    ['every certificate is complete', { status: 'finished', queues: [{ certificate: { complete: true } }, {}] }, 0],
    ['one is not', { status: 'finished', queues: [{ queue_id: 'q-1', certificate: { complete: false } }] }, 1],
    ['it failed', { status: 'failed', reason: 'lost', queues: [] }, 1],
  ])('ends when the workflow does: %s', async (_, workflow, expected) => {
    const { code, asked } = await run('wait', [[200, workflow]])
    expect(code).toBe(expected)
    expect(asked[0]).toMatchObject({ method: 'GET', url: '/workflows/wf-1', authorization: undefined })
  })
})
