import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { connectBus, type Bus } from '@streamforge/bus'
import { measureLive, type LiveMeasurement } from '@streamforge/bench/live'
import { kafkaAvailable, startKafka } from '@streamforge/servers'
import { measuredCosts, type Costs } from './costs.ts'

const symbols = ['BTCUSDT', 'ETHUSDT']
/** The second run's part of the first one's rate: far enough from it that a cost that is none of a message would show. */
const smaller = 0.4

export interface MeasuredCosts {
  costs: Costs
  report: string
}

/**
 * What a message costs loader, connector and broker on this machine, from a real live workflow at `rate` messages a second; then holds what these costs predict for a smaller
 * rate against a second run at that rate.
 */
export async function measureCosts({ rate, say }: { rate: number; say: (line: string) => void }): Promise<MeasuredCosts> {
  const run = (messages: number) => measureLive({ minutes: 1, rate: messages, symbols, warmUpSeconds: 10, scheduling: 'ordinary', say })
  const first = await run(rate)
  const broker = await brokerMicroseconds(say)
  const costs: Costs = {
    ...measuredCosts, machine: `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}; ${rate} messages a second of ${symbols.length} symbols`,
    loader_us: perMessage(first, 'loader-ws'), connector_us: perMessage(first, 'arango-connector'), broker_us: broker ?? measuredCosts.broker_us,
    loader_mb: peak(first, 'loader-ws'), connector_mb: peak(first, 'arango-connector'),
  }
  const second = await run(rate * smaller)
  return { costs, report: [describe(costs, broker), ...(['loader-ws', 'arango-connector'] as const).map((app) => compare(app, costs, second))].join('\n') }
}

const describe = (costs: Costs, broker: number | undefined) =>
  `${costs.machine}: loader ${costs.loader_us}, connector ${costs.connector_us}, broker ${broker === undefined ? `not measured, ${costs.broker_us} taken` : costs.broker_us} microseconds a message`

function compare(app: 'loader-ws' | 'arango-connector', costs: Costs, measured: LiveMeasurement): string {
  const predicted = measured.received * (app === 'loader-ws' ? costs.loader_us : costs.connector_us) / 1e6
  const real = cores(measured, app)
  return `${app} at ${Math.round(measured.received)} a second: ${predicted.toFixed(3)} cores predicted, ${real.toFixed(3)} measured, ratio ${(predicted / real).toFixed(2)}`
}

const usesOf = ({ processes }: LiveMeasurement, app: string) => [...processes.values()].filter(({ name }) => name.startsWith(app))

function cores(measurement: LiveMeasurement, app: string): number {
  return usesOf(measurement, app).reduce((sum, { cpuSeconds, samples }) => sum + cpuSeconds / ((samples.at(-1)?.seconds ?? 0) - (samples[0]?.seconds ?? 0)), 0)
}

const perMessage = (measurement: LiveMeasurement, app: string) => Number((cores(measurement, app) / measurement.received * 1e6).toFixed(1))
const peak = (measurement: LiveMeasurement, app: string) => Math.ceil(Math.max(...usesOf(measurement, app).flatMap(({ samples }) => samples.map(({ megabytes }) => megabytes))))

const messages = 400_000
const batch = 100

/** A broker's processor time for a message of 330 bytes, sent in batches as live data comes and read once; undefined where Kafka cannot run. */
async function brokerMicroseconds(say: (line: string) => void): Promise<number | undefined> {
  const available = await kafkaAvailable()
  if (!available.ok) {
    say(`the broker's cost is not measured: ${available.reason}`)
    return undefined
  }
  say('a broker')
  const kafka = await startKafka({})
  const bus = await connectBus({ kind: 'kafka', brokers: kafka.brokers, clientId: 'capacity' })
  const topic = `capacity-${randomUUID()}`
  try {
    await bus.admin.createTopic({ name: topic, partitions: 4 })
    const outgoing = Array.from({ length: batch }, () => ({ key: 'BTCUSDT', value: 'x'.repeat(330) }))
    const before = await cpuSeconds(kafka.pid)
    for (let sent = 0; sent < messages; sent += batch) await bus.publish(topic, outgoing)
    await readAll(bus, topic)
    return Number(((await cpuSeconds(kafka.pid) - before) / messages * 1e6).toFixed(1))
  } finally {
    await bus.close()
    await kafka.stop()
  }
}

async function readAll(bus: Bus, topic: string): Promise<void> {
  const all = Promise.withResolvers<void>()
  let count = 0
  const consumer = await bus.consume({ group: topic, topics: [topic], from: 'earliest' }, (batch) => {
    if ((count += batch.messages.length) >= messages) all.resolve()
    return Promise.resolve()
  })
  await all.promise
  await consumer.close()
}

/** Of a process and its threads since it began; Linux counts in hundredths. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const [user, kernel] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13).map(Number)
  return (user! + kernel!) / 100
}
