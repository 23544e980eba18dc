import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'minio'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { minioAvailable } from '../minio/minio.ts'
import { postgresAvailable } from '../postgres/postgres-programs.ts'
import { parseCommand } from './arguments.ts'
import { runCommand } from './run-command.ts'
import type { ServerStatus } from './status.ts'

const availables = [await minioAvailable(), await postgresAvailable()]
const missing = availables.find((available) => !available.ok)
const skipped = missing && !missing.ok ? ` (skipped: ${missing.reason})` : ''

describe.skipIf(skipped !== '')(`the command, with a real MinIO and PostgreSQL${skipped}`, () => {
  let data: string
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'servers-command-'))
    // As a folder of a work tree is: the system's user that runs PostgreSQL passes through.
    await chmod(data, 0o755)
  })
  afterAll(async () => {
    await run('down')
    await rm(data, { recursive: true })
  })

  const run = async (...args: string[]) => {
    const [said, printed]: [string[], string[]] = [[], []]
    const command = parseCommand([...args, '--data', data])
    if (command === 'help') throw new Error('not a command')
    await runCommand({ ...command, kubernetes: false }, { say: (line) => said.push(line), print: (text) => printed.push(text) })
    return { said: said.join('\n'), printed: printed.join('') }
  }
  const statuses = async () => JSON.parse((await run('status', '--json')).printed) as ServerStatus[]
  /** As a shell has them after `eval "$(... env)"`. */
  const shell = async () => JSON.parse(execFileSync('bash', ['-c', `${(await run('env')).printed}\nexec "$0" -p 'JSON.stringify(process.env)'`, process.execPath]).toString()) as Record<string, string>

  it('starts them, leaves them running, and a second time changes nothing', async () => {
    await run('up', 'minio', 'postgres')
    const before = await statuses()
    expect(before.map(({ server }) => server)).toEqual(['minio', 'postgres'])
    const { said } = await run('up', 'postgres', 'minio')
    expect(said.match(/runs already/g)).toHaveLength(2)
    expect((await statuses()).map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid))
  })

  it('tells a shell what services need to reach them', async () => {
    const env = await shell()
    const { hostname, port } = new URL(env.S3_ENDPOINT!)
    const objects = new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey: env.S3_ACCESS_KEY!, secretKey: env.S3_SECRET_KEY!, region: env.S3_REGION! })
    await objects.makeBucket(env.S3_BUCKET!)
    const database = new pg.Client({ connectionString: env.POSTGRES_URL })
    await database.connect()
    await database.query("CREATE TABLE kept AS SELECT 'ünes' AS word")
    await database.end()
    expect(await objects.bucketExists(env.S3_BUCKET!)).toBe(true)
  })

  it('shows no password to who looks at processes or logs', async () => {
    const secrets = Object.values(JSON.parse(await readFile(join(data, 'secrets.json'), 'utf8')) as Record<string, string>)
    for (const { pid, log } of await statuses()) {
      const seen = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) + (await readFile(log, 'utf8'))
      for (const secret of secrets) expect(seen).not.toContain(secret)
    }
  })

  it('starts one again that was killed, with its data and its address', async () => {
    const [, postgres] = await statuses()
    process.kill(Number(postgres!.pid), 'SIGKILL')
    await expect.poll(async () => (await statuses())[1]!.pid).toBe('gone')
    await run('up', 'postgres')
    expect((await statuses())[1]!.address).toBe(postgres!.address)
    const database = new pg.Client({ connectionString: (await shell()).POSTGRES_URL })
    await database.connect()
    expect((await database.query('SELECT word FROM kept')).rows).toEqual([{ word: 'ünes' }])
    await database.end()
  })

  it('does not take one for running whose start was interrupted', async () => {
    const file = join(data, 'state.json')
    const state = JSON.parse(await readFile(file, 'utf8')) as { servers: { minio: { pid: number; ready: boolean } } }
    const { pid } = state.servers.minio
    state.servers.minio.ready = false
    await writeFile(file, JSON.stringify(state))
    await run('up', 'minio')
    expect((await statuses())[0]!.pid).not.toBe(String(pid))
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  it('stops them in the reverse order', async () => {
    const { said } = await run('down')
    expect(said.split('\n')).toEqual([expect.stringMatching(/^postgres +stopped/), expect.stringMatching(/^minio +stopped/)])
    expect((await run('status')).printed).toContain('No server runs')
  })
})
