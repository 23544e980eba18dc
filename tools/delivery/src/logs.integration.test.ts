import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { pythonEnvironment } from '@streamforge/servers'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const found = await pythonEnvironment({ name: 'lua-lupa-2.8', packages: ['lupa==2.8'] })

/** What the script makes of records: the code that Fluent Bit goes by, and the record. */
async function runIndex(records: readonly object[]): Promise<[number, Record<string, unknown>][]> {
  const child = spawn((found as { python: string }).python, [join(root, 'tools/delivery/python/run_index.py'), join(root, 'k8s/dependencies/fluent-bit/index.lua')], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(records))
  let output = ''
  for await (const chunk of child.stdout) output += String(chunk)
  return JSON.parse(output) as [number, Record<string, unknown>][]
}

describe.skipIf('reason' in found)(`Fluent Bit's script under Lua 5.3${'reason' in found ? ` (skipped: ${found.reason})` : ''}`, () => {
  it('names the index by the service, which the line or else the pod says', async () => {
    const pod = { kubernetes: { container_name: 'service', labels: { 'app.kubernetes.io/name': 'kafka-ui' } } }
    const answers = await runIndex([
      { service: 'queue-manager', msg: 'started', level: 'info' }, { msg: 'x', ...pod }, { msg: 'x', kubernetes: { container_name: 'MinIO_1' } }, { msg: 'x' },
      { service: '--.Odd Name/..', msg: 'x' }, { service: '***', msg: 'x' }, { service: 7, msg: 'x', ...pod }, { service: 'x'.repeat(300), msg: 'x' },
    ])
    expect(answers.map(([code, record]) => [code, record['stf_index']])).toEqual([
      [2, 'streamforge-queue-manager'], [2, 'streamforge-kafka-ui'], [2, 'streamforge-minio-1'], [2, 'streamforge-unknown'],
      [2, 'streamforge-odd-name---'], [2, 'streamforge-unknown'], [2, 'streamforge-kafka-ui'], [2, `streamforge-${'x'.repeat(60)}`],
    ])
    expect(answers[0]![1]).toMatchObject({ msg: 'started', level: 'info' })
  })

  it('drops what nobody searches for', async () => {
    expect((await runIndex(['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => ({ level })))).map(([code]) => code)).toEqual([-1, -1, 2, 2, 2, 2])
  })

  it('gives fields of any kind one kind each, and loses nothing that was said', async () => {
    const [[, nested], [, text], [, number]] = await runIndex([
      { err: { type: 'StreamForgeError', code: 'STORE_UNAVAILABLE', message: 'm', stack: 's', status: 503 } }, { error: 'plain' }, { details: 5 },
    ]) as [[number, object], [number, object], [number, object]]
    expect(nested).toMatchObject({ err_type: 'StreamForgeError', err_code: 'STORE_UNAVAILABLE', err_message: 'm', err_stack: 's' })
    expect(nested).not.toHaveProperty('err')
    expect(text).toMatchObject({ error_message: 'plain' })
    expect(number).toMatchObject({ details_message: '5' })
  })
})
