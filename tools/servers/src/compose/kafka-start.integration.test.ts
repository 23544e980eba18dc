import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../free-port.ts'
import { kafkaAvailable, kafkaClassPath, kafkaVersion } from '../kafka/kafka-jars.ts'
import { runToEnd } from '../run-to-end.ts'
import { runServer, type RunningServer, type ServerProcess } from '../start-server.ts'

const available = await kafkaAvailable()
const skipped = available.ok ? '' : ` (skipped: ${available.reason})`
const script = fileURLToPath(new URL('../../../../docker/kafka/start.sh', import.meta.url))

/** A folder as the image has it: Kafka's own start scripts do little more than these. */
async function kafkaHome(directory: string): Promise<string> {
  const classPath = await kafkaClassPath()
  await mkdir(join(directory, 'bin'))
  const script = (name: string, main: string) =>
    writeFile(join(directory, 'bin', name), `#!/bin/bash\nexec java -Xmx256m -XX:+UseSerialGC -cp '${classPath}' ${main} "$@"\n`, { mode: 0o755 })
  await script('kafka-storage.sh', 'kafka.tools.StorageTool')
  await script('kafka-server-start.sh', 'kafka.Kafka')
  return directory
}

describe.skipIf(!available.ok)(`what the container of Kafka runs, with a real Kafka ${kafkaVersion}${skipped}`, () => {
  const password = 'of-at-least-twelve'
  let directory: string
  let port: number
  let env: Record<string, string>
  let server: RunningServer
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kafka-container-'))
    port = await freePort()
    env = {
      KAFKA_HOME: await kafkaHome(directory), KAFKA_DATA: join(directory, 'data'), KAFKA_PORT: String(port), KAFKA_PASSWORD: password,
      KAFKA_NETWORK_HOST: 'localhost', KAFKA_NETWORK_PORT: String(await freePort()), KAFKA_CONTROLLER_PORT: String(await freePort()),
      KAFKA_SETTINGS_LINK: join(directory, 'settings'), TMPDIR: directory,
    }
    const process: ServerProcess = {
      title: 'the container of Kafka', program: 'bash', args: [script], env, logFile: join(directory, 'log'), readyWithinMs: 90_000,
      isReady: () => as(password).then(() => true, () => false),
    }
    server = await runServer(Promise.resolve(process), () => rm(directory, { recursive: true, force: true }))
  })
  afterAll(() => server?.stop())

  /** The topics that the administrator sees. */
  const as = async (given: string): Promise<string[]> => {
    const kafka = new Kafka({
      brokers: [`localhost:${port}`], logLevel: logLevel.NOTHING, retry: { retries: 0 }, connectionTimeout: 2000,
      sasl: { mechanism: 'scram-sha-512', username: 'admin', password: given },
    })
    const admin = kafka.admin()
    await admin.connect()
    return admin.listTopics().finally(() => admin.disconnect())
  }

  it('lets in whoever knows the password of the environment, and nobody else', async () => {
    expect(await as(password)).toEqual([])
    await expect(as('another-password')).rejects.toThrow(/SASL/)
  })

  it('leaves the password in files of its own user only', async () => {
    for (const file of ['server.properties', 'client.properties']) {
      expect((await stat(join(directory, 'settings', file))).mode & 0o077).toBe(0)
    }
    expect(await readFile(join(directory, 'settings', 'client.properties'), 'utf8')).toContain(password)
    await expect(stat(join(directory, 'settings', 'format'))).rejects.toThrow('ENOENT')
  })

  it('does not start without a good password', async () => {
    const { status, output } = await runToEnd('bash', [script], { env: { ...env, KAFKA_PASSWORD: 'short' } })
    expect(status).toBe(1)
    expect(output).toContain('KAFKA_PASSWORD')
  })
})
