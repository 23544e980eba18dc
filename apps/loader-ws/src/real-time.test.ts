import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { runInRealTime } from './real-time.ts'

const warnings: unknown[][] = []
const log = { warn: (...told: unknown[]) => void warnings.push(told) } as unknown as Parameters<typeof runInRealTime>[0]

/** Undefined: this machine lets us. */
function refusal(): string | undefined {
  try {
    execFileSync('chrt', ['--rr', '1', 'true'], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error).trim()
  }
}
const refused = refusal()

it('goes on at the ordinary priority, and says so, where it may not or cannot', async () => {
  await runInRealTime(log, () => Promise.reject(Object.assign(new Error('failed'), { code: 1, stderr: 'chrt: failed to set pid 7: Operation not permitted\n' })))
  await runInRealTime(log, () => Promise.reject(Object.assign(new Error('spawn chrt ENOENT'), { code: 'ENOENT' })))
  expect(warnings).toEqual([
    [{ reason: 'chrt: failed to set pid 7: Operation not permitted' }, expect.stringContaining('CAP_SYS_NICE')],
    [{ reason: expect.stringContaining('no chrt') }, expect.stringContaining('ordinary priority')],
  ])
})

it.skipIf(refused !== undefined)(`is real-time with all its threads${refused === undefined ? '' : ` (skipped: ${refused})`}`, async () => {
  const script = `
    import { readFileSync, readdirSync } from 'node:fs'
    const { runInRealTime } = await import(${JSON.stringify(join(import.meta.dirname, 'real-time.ts'))})
    await runInRealTime({ warn: console.error })
    const policy = (task) => readFileSync('/proc/self/task/' + task + '/stat', 'utf8').split(') ')[1].split(' ')[38]
    console.log(JSON.stringify([...new Set(readdirSync('/proc/self/task').map(policy))]))`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { env: { ...process.env, NODE_OPTIONS: '' } })
  expect(stderr).toBe('')
  // SCHED_RR
  expect(JSON.parse(stdout)).toEqual(['2'])
})
