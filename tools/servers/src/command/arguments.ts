import { parseArgs } from 'node:util'
import { type ServerName, serverNames } from './catalog.ts'
import type { KafkaAccess } from './servers-folder.ts'

export const usage = `npm run servers -- up [NAME ...]      start servers, and leave them running; without names all but kubernetes
npm run servers -- down [NAME ...]    stop them, or all
npm run servers -- status             what runs, where, since when
npm run servers -- env                what to set for StreamForge to use them: eval "$(npm run --silent servers -- env)"

names: ${[...serverNames, 'kubernetes'].join(' ')}

--host ADDRESS         address to listen on; default 127.0.0.1, with kubernetes the one that its pods reach
--kafka plain|scram|tls
                       how Kafka lets clients in: anybody, by name and password, or that and encrypted; default plain on the loopback
                       interface, else scram
--data DIR             folder for data, logs and passwords; default .streamforge/servers
--json                 status and env as JSON
`

const commands = ['up', 'down', 'status', 'env'] as const
const accesses: readonly string[] = ['plain', 'scram', 'tls'] satisfies KafkaAccess[]

export interface ServersCommand {
  command: (typeof commands)[number]
  /** In the order of starting. */
  servers: ServerName[]
  kubernetes: boolean
  host: string | undefined
  kafkaAccess: KafkaAccess | undefined
  data: string
  json: boolean
}

/** @throws Error saying what is wrong with the arguments */
export function parseCommand(args: readonly string[]): ServersCommand | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args], allowPositionals: true,
    options: {
      host: { type: 'string' }, kafka: { type: 'string' }, data: { type: 'string', default: '.streamforge/servers' },
      json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
    },
  })
  const [word, ...names] = positionals
  if (values.help || word === undefined || word === 'help') return 'help'
  const command = commands.find((known) => known === word)
  if (!command) throw new Error(`'${word}' is not a command; there are ${commands.join(', ')}`)
  const unknown = names.find((name) => name !== 'kubernetes' && !isServer(name))
  if (unknown !== undefined) throw new Error(`'${unknown}' is not a server; there are ${[...serverNames, 'kubernetes'].join(', ')}`)
  if (values.kafka !== undefined && !isAccess(values.kafka)) throw new Error(`--kafka takes ${accesses.join(', ')}, not '${values.kafka}'`)
  const all = names.length === 0
  return {
    command, host: values.host, kafkaAccess: values.kafka, data: values.data, json: values.json,
    servers: serverNames.filter((name) => all || names.includes(name)),
    kubernetes: names.includes('kubernetes') || (all && command !== 'up'),
  }
}

const isServer = (name: string): name is ServerName => (serverNames as readonly string[]).includes(name)
const isAccess = (text: string): text is KafkaAccess => accesses.includes(text)
