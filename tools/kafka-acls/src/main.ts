// Who may do what on Kafka, from the catalog of libs/contracts: prints it, brings a cluster to it, or writes it as Strimzi's manifests.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { StreamForgeError } from '@streamforge/contracts'
import { busConfig, loadConfig } from '@streamforge/service'
import { applyAccess } from './apply-access.ts'
import { describeAccess } from './describe-access.ts'
import { manifestPath, strimziUsers } from './strimzi-users.ts'

const usage = `npm run kafka:acls -- [print | apply | manifests]

print      (default) what each service's Kafka user may do
apply      makes topics, users and access control lists on the cluster of KAFKA_BROKERS, as the administrator KAFKA_SASL_USERNAME with
           KAFKA_SASL_PASSWORD (and KAFKA_TLS, KAFKA_TLS_CA_FILE); what is there and not wanted of these users' rows is removed
           --passwords DIR   one file a user, made where missing; what KAFKA_SASL_PASSWORD_DIR of the services names
                             (default: .streamforge/kafka-users)
manifests  writes ${manifestPath}
`

const { values, positionals } = parseArgs({
  args: process.argv.slice(2), allowPositionals: true,
  options: { passwords: { type: 'string', default: '.streamforge/kafka-users' }, help: { type: 'boolean', default: false } },
})
const say = (line: string) => void process.stdout.write(`${line}\n`)

async function apply(): Promise<void> {
  const config = busConfig(loadConfig({}, { ...process.env, BUS: 'kafka' }), 'kafka-acls')
  if (config.kind !== 'kafka') throw new Error('the environment names no Kafka')
  const directory = resolve(values.passwords)
  for (const { user, made, added, removed } of await applyAccess(config, directory)) {
    say(`${user.padEnd(18)} ${made ? 'password made' : 'password kept'}  ${added} rules added, ${removed} removed`)
  }
  say(`\nservices find their passwords with KAFKA_SASL_PASSWORD_DIR=${directory}`)
}

async function writeManifests(): Promise<void> {
  const file = join(import.meta.dirname, '../../..', manifestPath)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, strimziUsers())
  say(`written: ${manifestPath}`)
}

const commands: Readonly<Record<string, () => void | Promise<void>>> = { print: () => say(describeAccess()), apply, manifests: writeManifests }
const command = commands[positionals[0] ?? 'print']
if (values.help || !command) {
  say(usage)
  process.exitCode = values.help ? 0 : 2
} else {
  await Promise.resolve(command()).catch((error: unknown) => {
    const { message, remedy } = error instanceof StreamForgeError ? error : { message: String(error), remedy: undefined }
    process.stderr.write(`${message}${remedy === undefined ? '' : ` (${remedy})`}\n`)
    process.exitCode = 1
  })
}
