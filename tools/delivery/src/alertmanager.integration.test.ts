import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { cachedFolder, runToEnd, whyNotRunnable } from '@streamforge/servers'
import { parse, stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

/** Alertmanager's own checker: the installed one, else Debian's, unpacked into the cache without installing it. */
async function amtool(): Promise<{ program: string } | { reason: string }> {
  if (await whyNotRunnable('amtool', ['--version']) === undefined) return { program: 'amtool' }
  try {
    const folder = await cachedFolder('amtool-debian', async (filling) => {
      const { status, output } = await runToEnd('sh', ['-c', 'apt-get download prometheus-alertmanager && dpkg-deb -x prometheus-alertmanager_*.deb . && rm prometheus-alertmanager_*.deb'], { cwd: filling })
      if (status !== 0) throw new Error(`amtool cannot be had here: ${output.slice(-200).replaceAll('\n', ' ')}`)
    })
    const program = join(folder, 'usr/bin/amtool')
    const broken = await whyNotRunnable(program, ['--version'])
    return broken === undefined ? { program } : { reason: broken }
  } catch (error) {
    return { reason: (error as Error).message }
  }
}

const found = await amtool()
interface Application { spec: { sources: { helm: { valuesObject: { alertmanager: { config: { route: object; receivers: { name: string; telegram_configs?: object[] }[] } } } } }[] } }
const { config } = (parse(readFileSync(join(root, 'argocd/observability/kube-prometheus-stack.yaml'), 'utf8')) as Application).spec.sources[0]!.helm.valuesObject.alertmanager

describe.skipIf('reason' in found)(`Alertmanager's configuration by amtool${'reason' in found ? ` (skipped: ${found.reason})` : ''}`, () => {
  const { program } = found as { program: string }
  let folder: string
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'streamforge-amtool-')) })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function ask(configuration: object, ...args: string[]) {
    const file = join(folder, 'alertmanager.yml')
    // Debian's is of a version that knows the token only by itself.
    await writeFile(file, stringify(configuration).replace(/bot_token_file: \S+/, 'bot_token: token'))
    return runToEnd(program, args.map((word) => (word === 'FILE' ? file : word)))
  }

  it('is right, and a wrong one is refused', async () => {
    const { status, output } = await ask(config, 'check-config', 'FILE')
    expect(status, output).toBe(0)
    expect((await ask({ ...config, route: { receiver: 'nobody' } }, 'check-config', 'FILE')).status).not.toBe(0)
  })

  it.each([[['severity=critical', 'alertname=StreamForgeNoData'], 'people'], [['severity=warning', 'alertname=StreamForgeStale'], 'people'], [['alertname=Watchdog'], 'null']])('%s goes to %s', async (labels, receiver) => {
    const { status, output } = await ask(config, 'config', 'routes', 'test', '--config.file=FILE'.replace('FILE', join(folder, 'alertmanager.yml')), ...labels)
    expect([status, output.trim().split('\n').at(-1)]).toEqual([0, receiver])
  })
})
