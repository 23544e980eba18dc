import { parseArgs } from 'node:util'
import { type Bus, ensureTopics, publishMessages, tailMessages } from '@streamforge/bus'
import { catalog, ControlMessage, dataTopic, type QueueEvent, StreamForgeError, telemetryId } from '@streamforge/contracts'

export const usage = `debug-producer sends commands as queue-manager does, and prints what comes back.
  ping  [--target T] [--queue-id Q] [--expect-pong] [--timeout S]
  stop  --queue-id Q [--target T] [--reason TEXT] [--expect STATUS] [--timeout S]
  start --queue-id Q --target T --symbol S --type T --time-range R [--venue V] [--attempt N] [--topic NAME] [--collection NAME]
        [--image NAME] [--expect STATUS] [--timeout S]
With --expect-pong or --expect it ends with 0 when the answer comes within the timeout (10 s), with 1 when it does not.
`

export interface ProducerParts {
  bus: Bus
  now: () => number
  newId: () => string
  print: (message: ControlMessage | QueueEvent) => void
}

const options = {
  target: { type: 'string' }, 'queue-id': { type: 'string' }, reason: { type: 'string' }, symbol: { type: 'string' }, type: { type: 'string' },
  'time-range': { type: 'string' }, venue: { type: 'string' }, attempt: { type: 'string' }, topic: { type: 'string' },
  collection: { type: 'string' }, image: { type: 'string' }, expect: { type: 'string' }, 'expect-pong': { type: 'boolean' },
  timeout: { type: 'string' },
} as const

type Values = ReturnType<typeof parse>['values']

/** Sends one command; resolves with the exit code. @throws StreamForgeError BAD_REQUEST */
export async function produce(args: readonly string[], { bus, now, newId, print }: ProducerParts): Promise<number> {
  const { positionals: [command], values } = parse(args)
  const message = toMessage(command, values, { timestamp: now() / 1000, id: newId() })
  const answers = answersTo(message, values)
  await ensureTopics(bus)
  const { promise: answered, resolve } = Promise.withResolvers<true>()
  const tail = answers && await tailMessages(bus, catalog['queue-events'], { from: 'latest' }, async ({ messages }) => {
    for (const { value } of messages) {
      if (!concerns(value, message)) continue
      print(value)
      if (value.status === answers) resolve(true)
    }
  })
  await publishMessages(bus, catalog['queue-control'], [message])
  if (!tail) return 0
  const came = await within(answered, readTimeout(values.timeout))
  await tail.close()
  return came ? 0 : 1
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (cause) {
    throw new StreamForgeError('BAD_REQUEST', (cause as Error).message, { cause, remedy: usage })
  }
}

function toMessage(command: string | undefined, values: Values, { timestamp, id }: { timestamp: number; id: string }): ControlMessage {
  const queue_id = values['queue-id']
  const fields = {
    ping: { ping_id: id, target: values.target, queue_id },
    stop: { queue_id, target: values.target, reason: values.reason },
    start: startFields(values),
  }[command ?? '']
  if (!fields) throw new StreamForgeError('BAD_REQUEST', `'${command ?? ''}' is not a command, expected ping, stop or start`, { remedy: usage })
  const parsed = ControlMessage.safeParse({ command, ...fields, timestamp })
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  throw new StreamForgeError('BAD_REQUEST', `the ${command} command is not complete: ${problems}`, { remedy: usage })
}

function startFields(values: Values) {
  const queue_id = values['queue-id'] ?? ''
  const target = values.target ?? 'dummy-service'
  return {
    queue_id, target, venue: values.venue, symbol: values.symbol, type: values.type, time_range: values['time-range'],
    kafka_topic: values.topic ?? dataTopic(queue_id), collection_name: values.collection ?? queue_id.replaceAll('.', '_'),
    telemetry_id: telemetryId(target, `wf-${queue_id.slice(-6)}`), attempt: Number(values.attempt ?? 1), image: values.image ?? target,
  }
}

/** The status to wait for, or undefined when nothing is awaited. */
function answersTo(message: ControlMessage, values: Values): string | undefined {
  return message.command === 'ping' ? values['expect-pong'] ? 'pong' : undefined : values.expect
}

function concerns(event: QueueEvent, message: ControlMessage): boolean {
  if (message.command === 'ping') return event.status === 'pong' && event.ping_id === message.ping_id
  return event.queue_id === message.queue_id
}

function readTimeout(text = '10'): number {
  const seconds = Number(text)
  if (seconds > 0 && seconds <= 3600) return seconds * 1000
  throw new StreamForgeError('BAD_REQUEST', `--timeout is '${text}', expected seconds up to 3600`, { remedy: usage })
}

async function within(answered: Promise<true>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), ms)
  const came = await Promise.race([answered, late])
  clearTimeout(timer)
  return came
}
