import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'
import { followWorkflow } from '../commands/watch.ts'

const root = resolve(import.meta.dirname, '../../../..')
const run = promisify(execFile)

/** What a command of the README is tried by: a line of it must be in this table, or the first test fails. */
const elsewhere: Record<string, string> = {
  'npm test': 'this run', 'ALERT_WEBHOOK_URL=http://127.0.0.1:9000/hook npm start': 'apps/alerter, with its channels', 'npm run test:integration': 'the other run of CI', 'npm run bench:agent': 'by hand: minutes', 'npm run evaluate -- sentiment': 'tools/evaluate', 'npm run bench': 'by hand: minutes', 'npm run bench -- --json': 'by hand: minutes',
  'npm run bench:live': 'smoke test in tools/bench', 'npm run bench:models': 'by hand: minutes', 'npm run evaluate -- stocks': 'tools/evaluate, on a part of the data',
  'npm run servers -- up kafka minio influxdb postgres mlflow': 'tools/servers, each by itself', 'eval "$(npm run --silent servers -- env)"': 'tools/servers, its command',
  'npm run servers -- status': 'tools/servers, its command', 'npm run servers -- down': 'tools/servers, its command',
  'npm run servers -- up kafka minio influxdb kubernetes --host 192.0.2.10': 'by hand: minutes; the cluster itself in tools/servers', 'npm run images -- build --load': 'by hand: minutes',
  "npm run capacity -- 'all of Binance spot, trades and books'": 'tools/capacity',
  'npm run backup -- take': 'apps/backup', 'npm run backup -- restore --data-dir /tmp/restored': 'apps/backup',
  'npm run chaos -- --faults 10 --records 50000 --seed 7': 'tools/chaos, with fewer',
  'npm run supply-chain': 'tools/supply-chain',
  'npm run tensors:native': 'by hand: it downloads 200 MB',
  'npm start': 'start-once.test.ts, which adds --once', 'npm start -- --once': 'start-once.test.ts',
  'npm start -- --once --json': 'start-once.test.ts', 'npm start -- --once --data ../shared/data': 'start-once.test.ts',
  'npm start -- --once --kafka local': 'start-once.test.ts', 'npm start -- --kafka 127.0.0.1:9092': 'start-once.test.ts, with --once',
}

async function readmeCommands(): Promise<string[]> {
  const text = await readFile(join(root, 'README.md'), 'utf8')
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((m) => m[1]!.replaceAll('\\\n', ''))
  return blocks.flatMap((b) => b.split('\n')).map((line) => line.replace(/\s{2,}#.*$/, '').replace(/\s+/g, ' ').trim()).filter(Boolean)
}

describe('every command of the README', () => {
  let running: SimulatedPlatform
  let directory: string
  let workflowId: string
  beforeAll(async () => {
    running = await startSimulatedPlatform()
    directory = await mkdtemp(join(tmpdir(), 'streamforge-readme-'))
  })
  afterAll(async () => {
    await running.close()
    await rm(directory, { recursive: true, force: true })
  })

  const shell = (command: string) => run('sh', ['-c', command
    .replaceAll('npx streamforge', `node ${root}/tools/run.mjs apps/cli/src/main.ts`)
    .replaceAll('http://127.0.0.1:8080', running.platform.url)
    .replaceAll('wf-a1b2c3', workflowId)], {
    cwd: directory, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, STREAMFORGE_URL: running.platform.url, STREAMFORGE_DATA_DIR: running.platform.dataDir },
  })

  it('is run by a test', { timeout: 120_000 }, async () => {
    const commands = await readmeCommands()
    const here = commands.filter((c) => c.startsWith('npx streamforge') || c.startsWith('curl'))
    expect(commands.filter((c) => !here.includes(c) && !(c in elsewhere))).toEqual([])

    const submit = here.find((c) => c.includes(' submit '))!
    const { stdout } = await shell(submit)
    expect(stdout).toContain('complete')
    workflowId = (await running.api.workflows({})).workflows[0]!.workflow_id
    for (const command of here.filter((c) => c !== submit)) {
      const outcome = await shell(command).then((r) => r.stdout, (e: { stdout: string; stderr: string }) => `${e.stdout}${e.stderr}`)
      // Stopping or retrying a workflow that has ended is refused in words; everything else succeeds.
      expect(outcome, command).not.toMatch(/\n\s+at |undefined|TypeError/)
      if (!/ (stop|retry) /.test(command)) expect(outcome.trim(), command).not.toBe('')
      if (command.startsWith('curl')) {
        const { workflow_id } = JSON.parse(outcome) as { workflow_id: string }
        expect((await followWorkflow(running.api, workflow_id, { json: true })).status).toBe('finished')
      }
    }
  })
})
