import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localOperator } from '@streamforge/access'
import { pythonEnvironment, runToEnd } from '@streamforge/servers'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestPlatform, type TestPlatform } from '../../orchestrator/test-platform.ts'
import { finishedPlan, storeFinished } from '../../plan/pipeline-fixture.ts'
import { openTestAccess, type TestAccess } from '../access-fixture.ts'
import { createServer } from '../server.ts'

const version = '4.32.5'
const found = await pythonEnvironment({ name: `schemathesis-${version}`, packages: [`schemathesis==${version}`] })
const skipped = 'reason' in found ? ` (skipped: ${found.reason})` : ''

/** All that it can check, but that whatever fits a schema be accepted: which symbols and ids there are, no schema says. */
const checks = [
  'not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance', 'response_schema_conformance', 'negative_data_rejection',
  'unsupported_method', 'allow_header_conformance', 'ignored_auth',
].join(',')

describe.skipIf(skipped)(`the API's document, tried by schemathesis${skipped}`, () => {
  let platform: TestPlatform
  let folder: string
  const servers: { app: FastifyInstance; access: TestAccess; url: string }[] = []

  async function serve(host: string) {
    const access = await openTestAccess(platform.store, {}, { host })
    const orchestrator = await platform.start()
    const app = await createServer({
      orchestrator, store: platform.store, bus: platform.bus, models: platform.models, metrics: platform.registry, access: access.access, audit: access.audit,
      log: pino({ level: 'silent' }), version: '1.0.0', conditions: async () => ({ store: true }),
    })
    servers.push({ app, access, url: await app.listen({ port: 0, host: '127.0.0.1' }) })
    return servers.at(-1)!
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamforge-schemathesis-'))
    platform = await openTestPlatform()
    const plan = finishedPlan('wf-0000f1')
    await storeFinished(platform.store, platform.bus, plan)
  })
  afterAll(async () => {
    for (const { app, access } of servers) {
      await app.close()
      await access.close()
    }
    await platform.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function tryAll(url: string, headers: Record<string, string>, seconds: number) {
    const { status, output } = await runToEnd((found as { python: string }).python, [
      '-m', 'schemathesis.cli', '--no-color', 'run', `${url}/openapi.json`, '--checks', checks, '--phases', 'examples,coverage,fuzzing', '--seed', '9', '--generation-deterministic', '--max-examples', '15',
      '--max-time', String(seconds), '--request-timeout', '10', '--continue-on-failure', '--no-shrink',
      // A stream has no end to wait for.
      '--exclude-operation-id', 'followWorkflow', ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
    ], { cwd: folder })
    return { status, output }
  }

  it('answers an admin as it says, and never 5xx', { timeout: 60_000 }, async () => {
    const { url, access } = await serve('127.0.0.1')
    await access.access.tokens.create({ name: 'one to revoke', role: 'viewer', expires_in_days: 1 }, localOperator)
    const { status, output } = await tryAll(url, access.asAdmin, 20)
    expect(status, output.slice(-20_000)).toBe(0)
  })

  it('answers nobody in particular as it says, and lets nobody in', { timeout: 60_000 }, async () => {
    const { url } = await serve('0.0.0.0')
    const { status, output } = await tryAll(url, {}, 12)
    expect(status, output.slice(-20_000)).toBe(0)
  })
})
