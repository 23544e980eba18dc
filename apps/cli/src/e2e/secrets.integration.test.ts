import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { nodeCommand } from '@streamforge/launcher'
import { afterAll, describe, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../../..')
const apps = readdirSync(join(root, 'apps')).filter((app) => existsSync(join(root, 'apps', app, 'src/main.ts')))
/** Those that take a command instead of running on. */
const commands: Readonly<Record<string, string[]>> = { cli: ['list', '--url', 'http://127.0.0.1:1'], backup: ['take', '--to', 'backups'] }
const nowhere = '127.0.0.1:1'

/** A secret of its own for each place where one is given; recognised wherever it turns up. */
function secretsAnew() {
  const made: string[] = []
  const secret = (place: string) => {
    made.push(`${place}-${randomBytes(8).toString('hex')}`)
    return made.at(-1)!
  }
  return { made, secret }
}

/** Everything that a service may be told to connect to, with a password each, and none of it answers. */
function clusterOfSecrets(secret: (place: string) => string): Record<string, string> {
  const address = (place: string, scheme = 'http') => `${scheme}://me:${secret(place)}@${nowhere}/x`
  return {
    BUS: 'kafka', KAFKA_BROKERS: nowhere, KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: secret('kafka'),
    STORE: 'remote', STORE_URL: address('store-url'), STORE_TOKEN: secret('store-token'), OBJECTS: 's3', S3_ENDPOINT: `http://${nowhere}`, S3_ACCESS_KEY: secret('s3-access'), S3_SECRET_KEY: secret('s3'),
    TIMESERIES: 'influx', INFLUX_URL: address('influx-url'), INFLUX_TOKEN: secret('influx'), POSTGRES_URL: address('postgres', 'postgresql'), MLFLOW_TRACKING_URI: address('mlflow'),
    MLFLOW_TRACKING_PASSWORD: secret('mlflow-password'), ALERT_WEBHOOK_URL: `https://hooks.example/${secret('webhook')}`, ALERT_TELEGRAM_TOKEN: secret('telegram'), ALERT_SMTP_PASSWORD: secret('smtp'),
    BACKUP_S3_SECRET_KEY: secret('backup'), OIDC_CLIENT_SECRET: secret('oidc'), FEED_SECRET_FINNHUB: secret('feed'), STREAMFORGE_TOKEN: secret('cli'), BINANCE_REST_URL: address('venue'),
  }
}

interface Running {
  child: ChildProcess
  said: () => string
}
const directories: string[] = []
const running = new Set<ChildProcess>()
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true })))
})

async function folder(): Promise<string> {
  directories.push(await mkdtemp(join(tmpdir(), 'streamforge-secrets-')))
  return directories.at(-1)!
}

function start(app: string, directory: string, env: Record<string, string>): Running {
  const [program, ...args] = nodeCommand(join(root, 'apps', app, 'src/main.ts'))
  const inherited = { PATH: process.env.PATH, HOME: directory }
  const child = spawn(program, [...args, ...commands[app] ?? []], { cwd: directory, env: { ...inherited, DATA_DIR: join(directory, 'data'), LOG_LEVEL: 'trace', PORT: '0', HEALTH_PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const chunks: string[] = []
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
  return { child, said: () => chunks.join('') }
}

/** Until it says that something went wrong or, needing nothing, that it listens, or has ended; then it is stopped. */
async function failing({ child, said }: Running): Promise<string> {
  const ended = once(child, 'exit')
  await new Promise<void>((seen) => {
    const look = () => { if (/"level":"(warn|error|fatal)"|"url":"http/.test(said())) seen() }
    child.stdout!.on('data', look)
    child.stderr!.on('data', look)
    void ended.then(() => seen())
  })
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  // Who does not stop by itself is looked at all the same.
  const hurry = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(hurry)
  return said()
}

async function filesBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return (await Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')))).join('\n')
}

const shown = (secrets: readonly string[], text: string) => secrets.filter((secret) => text.includes(secret) || text.includes(Buffer.from(`me:${secret}`).toString('base64')))

describe.concurrent('ASVS 16.2.5, 13.3.1: a secret of the environment', () => {
  it('there are apps to look at', ({ expect }) => expect(apps.length).toBeGreaterThan(14))

  it.for(apps)('is in nothing that %s says or writes when what it needs does not answer', { timeout: 100_000 }, async (app, { expect }) => {
    const { made, secret } = secretsAnew()
    const directory = await folder()
    const text = await failing(start(app, directory, clusterOfSecrets(secret)))
    expect(text.length, 'it said nothing at all').toBeGreaterThan(0)
    expect(shown(made, text)).toEqual([])
    expect(shown(made, await filesBelow(directory))).toEqual([])
  })

  // The simulator stands on nothing of these.
  it.for(apps.filter((app) => commands[app] === undefined && app !== 'exchange-simulator'))('is in nothing that %s says of a bad environment', { timeout: 100_000 }, async (app, { expect }) => {
    const { made, secret } = secretsAnew()
    const text = await failing(start(app, await folder(), {
      STORE: 'remote', STORE_URL: `ftp://me:${secret('store-url')}@${nowhere}/x`, STORE_TOKEN: secret('token'), INFLUX_URL: `no address ${secret('influx')}`, KAFKA_BROKERS: `me:${secret('kafka')}@broker`, HEALTH_PORT: secret('port'),
    }))
    expect(text).toContain('STORE_URL')
    expect(shown(made, text)).toEqual([])
  })
})
