import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { cachedFolder, runToEnd } from '@streamforge/servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const version = '4.75.1'
const root = resolve(import.meta.dirname, '../../..')

/** gitlab-ci-local from npm, which has GitLab's own schema of .gitlab-ci.yml and expands includes; or why it cannot be had. */
async function gitlabProgram(): Promise<{ program: string } | { reason: string }> {
  try {
    const folder = await cachedFolder(`gitlab-ci-local-${version}`, async (filling) => {
      await writeFile(join(filling, 'package.json'), '{ "private": true }\n')
      const npm = await runToEnd('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', `gitlab-ci-local@${version}`], { cwd: filling })
      if (npm.status !== 0) throw new Error(npm.output.slice(-500).replaceAll('\n', ' '))
    })
    return { program: join(folder, 'node_modules/gitlab-ci-local/dist/index.js') }
  } catch (error) {
    return { reason: `gitlab-ci-local cannot be had here: ${(error as Error).message}` }
  }
}

const found = await gitlabProgram()

describe.skipIf(!('program' in found))(`.gitlab-ci.yml as GitLab reads it${'reason' in found ? ` (skipped: ${found.reason})` : ''}`, () => {
  let folder: string
  const ask = (...options: string[]) => runToEnd(process.execPath, [(found as { program: string }).program, ...options], { cwd: folder })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamforge-pipeline-'))
    for (const name of ['.gitlab', '.gitlab-ci.yml', 'apps/queue-manager/VERSION', 'package-lock.json']) await cp(join(root, name), join(folder, name), { recursive: true })
    for (const args of [['init', '-q', '-b', 'main'], ['remote', 'add', 'origin', 'git@example.com:streamforge/streamforge.git'], ['add', '.'],
      ['-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '-qm', 'test'],
      // Rules with changes are compared with the remote's branch.
      ['update-ref', 'refs/remotes/origin/main', 'HEAD'], ['symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main']]) {
      const { status, output } = await runToEnd('git', args, { cwd: folder })
      expect(status, output).toBe(0)
    }
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('it fits the schema, and every service has its job', async () => {
    const { status, output } = await ask('--list-csv-all')
    expect(status, output).toBe(0)
    expect(output).toContain('image queue-manager;')
    expect(output).toContain('arangodb contract;')
  })

  test('a field that GitLab does not know is refused', async () => {
    await writeFile(join(folder, 'broken.yml'), 'stages: [test]\nbroken:\n  stage: test\n  script: [echo]\n  retry: often\n')
    const { status, output } = await ask('--file', 'broken.yml', '--list-csv-all')
    expect(status).not.toBe(0)
    expect(output).toMatch(/retry/)
  })
})
