import { readFile } from 'node:fs/promises'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alertDefinitions } from '@streamforge/contracts'
import { runToEnd } from '@streamforge/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repositoryRoot } from '../metrics/collect-metrics.ts'
import { watchdogRules } from './alert-rules.ts'
import { findPromtool } from './find-promtool.ts'
import { ruleFile } from './rule-files.ts'

const rules = join(repositoryRoot, 'k8s/observability/rules')
const promtool = await findPromtool()

describe.skipIf(!promtool.ok)(`promtool${promtool.ok ? '' : ` (skipped: ${promtool.reason})`}`, () => {
  const program = promtool.ok ? promtool.program : ''
  let folder: string
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'sf-promtool-')) })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('accepts the rules', async () => {
    const { status, output } = await runToEnd(program, ['check', 'rules', join(rules, 'streamforge.yaml')])
    expect([status, output]).toEqual([0, expect.stringContaining(`${alertDefinitions.length + watchdogRules.length} rules found`)])
  })

  it('sees every alert raised when it must be, and only then', async () => {
    expect(await runToEnd(program, ['test', 'rules', join(rules, 'streamforge.test.yaml')])).toMatchObject({ status: 0 })
  })

  it.each([
    ['a threshold', (definition: (typeof alertDefinitions)[number]) => ({ ...definition, above: definition.above + 2 })],
    ['a time', (definition: (typeof alertDefinitions)[number]) => ({ ...definition, for_ms: definition.for_ms + 120_000 })],
  ])('finds out %s that is not the one tested', async (_, change) => {
    await writeFile(join(folder, 'streamforge.yaml'), ruleFile(alertDefinitions.map(change)))
    await writeFile(join(folder, 'streamforge.test.yaml'), await readFile(join(rules, 'streamforge.test.yaml'), 'utf8'))
    const { status, output } = await runToEnd(program, ['test', 'rules', join(folder, 'streamforge.test.yaml')])
    expect(status).not.toBe(0)
    for (const { id } of alertDefinitions) expect(output).toContain(id)
  })
})
