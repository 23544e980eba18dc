import { certificateIsWhole, keptRecords, type QueueProof } from './proof.ts'
import { addHistograms, countOf, partWithin, quantile, type Histogram } from './histogram.ts'
import type { LiveMeasurement } from './measure-live.ts'
import { memoryTrend } from './memory-trend.ts'
import type { BenchmarkRow } from '../row.ts'

const targets = { topicMs: 20, browserMs: 250, megabytes: 200 }
const round = (value: number, digits = 1) => Number(value.toFixed(digits))

/** Every figure as a row: rates, what was lost, delays, memory and processor time by process. */
export function reportLive(measurement: LiveMeasurement): BenchmarkRow[] {
  return [
    ...rates(measurement), ...losses(measurement), ...topicDelays(measurement), ...pageDelays(measurement), ...memory(measurement), ...processors(measurement),
  ]
}

function rates({ load, offered, received, seconds, load1, realTimeLoaders }: LiveMeasurement): BenchmarkRow[] {
  const benchmark = `live, ${Math.round(seconds)} s`
  return [
    { benchmark, subject: `told by the exchange, ${load.symbols.length} symbols`, value: Math.round(offered), unit: 'messages/s',
      target: `${load.rate}`, met: offered >= 0.98 * load.rate },
    { benchmark, subject: 'read by the loaders', value: Math.round(received), unit: 'messages/s', ratio: received / offered, baseline: 'told' },
    { benchmark, subject: `loader processes that ran in real time (asked for: ${load.scheduling})`, value: realTimeLoaders, unit: '' },
    { benchmark, subject: 'load average of the last minute', value: round(load1, 2), unit: '' },
  ]
}

function losses({ queues, deadLetters, counts, drainSeconds }: LiveMeasurement): BenchmarkRow[] {
  const benchmark = 'nothing lost'
  const row = (subject: string, value: number, target?: number): BenchmarkRow =>
    ({ benchmark, subject, value, unit: '', ...(target !== undefined && { target: String(target), met: value === target }) })
  const sum = (pick: (proof: QueueProof) => number) => queues.reduce((total, proof) => total + pick(proof), 0)
  const told = sum((q) => q.told)
  return [
    row('frames told by the exchange', told),
    row('their records on the topics', sum((q) => keptRecords(q.topic)), told),
    row('snapshots and gaps beside them', sum((q) => onTopic(q) - keptRecords(q.topic))),
    row('records stored', sum((q) => q.stored), sum(onTopic)),
    row('ids that do not follow the one before', sum((q) => q.topic.breaks), 0),
    row('records refilled over REST', sum((q) => q.topic.refilled)),
    row('dead letters', deadLetters, 0),
    row('certificates complete', queues.filter(({ queue }) => certificateIsWhole(queue)).length, queues.length),
    row('connections lost, frames unreadable', counts.losses + counts.badFrames, 0),
    row('times that reading waited for the bus', counts.pauses),
    row('jobs that had to be started again', sum(({ queue }) => queue.jobs.reduce((more, { attempt }) => more + attempt - 1, 0)), 0),
    { benchmark, subject: 'to store the rest once the exchange stood still', value: round(drainSeconds), unit: 's' },
  ]
}

/** Records that the store keeps, whatever their kind. */
const onTopic = ({ topic }: QueueProof) =>
  Object.entries(topic.kinds).reduce((sum, [kind, count]) => sum + (['end_of_stream', 'gap', 'candle_open'].includes(kind) ? 0 : count), 0)

function topicDelays({ toTopic, queues }: LiveMeasurement): BenchmarkRow[] {
  const benchmark = 'frame received to record acknowledged'
  const milliseconds = new Map([...toTopic].map(([bound, count]) => [bound * 1000, count]))
  const onTheWay = addHistograms(queues.map(({ topic }) => cumulative(topic.onTheWay)))
  return [
    ...quantiles(benchmark, milliseconds, { p99: targets.topicMs }),
    { benchmark, subject: `within ${targets.topicMs} ms`, value: round(100 * partWithin(milliseconds, targets.topicMs), 2), unit: '%' },
    ...quantiles("before that: from the venue's event to its receipt", onTheWay, {}),
  ]
}

function pageDelays({ page: { client, received, painted } }: LiveMeasurement): BenchmarkRow[] {
  return [
    ...quantiles(`frame received to ${client}`, received, painted ? {} : { p99: targets.browserMs }),
    ...(painted ? quantiles('frame received to painted', painted, { p99: targets.browserMs }) : []),
  ]
}

function quantiles(benchmark: string, histogram: Histogram, limits: { p99?: number }): BenchmarkRow[] {
  const rows = ([['p50', 0.5], ['p95', 0.95], ['p99', 0.99]] as const).map(([subject, q]): BenchmarkRow => {
    const value = round(quantile(histogram, q))
    const limit = subject === 'p99' ? limits.p99 : undefined
    return { benchmark, subject, value, unit: 'ms', ...(limit !== undefined && { target: `< ${limit} ms`, met: value < limit }) }
  })
  return [...rows, { benchmark, subject: 'records measured', value: countOf(histogram), unit: '' }]
}

function cumulative(counts: readonly number[]): Histogram {
  let sum = 0
  return new Map<number, number>(counts.map((count, ms) => [ms, sum += count])).set(Infinity, sum)
}

/** Growth is looked for after this part of the time watched: heaps fill first. */
const settling = 1 / 3
/** What a process needs may differ by so much between two moments of the same work, MB. */
const heapBreath = 2

/**
 * Flat: the resident memory is, or what is needed after a collection has not grown. The resident memory alone says too little in minutes: V8 collects the
 * old part of a heap only once it has grown by half, which takes a quiet service longer than that.
 */
function memory({ processes, liveHeaps }: LiveMeasurement): BenchmarkRow[] {
  return [...processes.values()].sort(byName).flatMap(({ name, samples }) => {
    const watched = (samples.at(-1)?.seconds ?? 0) - (samples[0]?.seconds ?? 0)
    const trend = memoryTrend(samples, watched * settling)
    if (!trend) return []
    const { start, middle, end, peak, slope, flat } = trend
    const heap = liveHeaps.get(name)
    const needed = heap ? `; needed after a collection ${heap.before.toFixed(1)}, then ${heap.after.toFixed(1)} MB` : ''
    const steady = flat === undefined ? undefined : flat || (heap !== undefined && heap.after <= heap.before + heapBreath)
    const ours = name !== 'chromium'
    return [{
      benchmark: 'memory', subject: `${name}: ${[start, middle, end].map(Math.round).join(', ')} MB; ${slope.toFixed(2)} MB/min${needed}`,
      value: Math.round(peak), unit: 'MB peak', details: { start, middle, end, slope, ...(heap && { needed_before: heap.before, needed_after: heap.after }) },
      ...(ours && { target: `flat, < ${targets.megabytes} MB`, ...(steady !== undefined && { met: steady && peak < targets.megabytes }) }),
    }]
  })
}

function processors({ processes, machineCores }: LiveMeasurement): BenchmarkRow[] {
  const rows = [...processes.values()].sort(byName).map(({ name, cpuSeconds, waitedSeconds, samples }): BenchmarkRow => {
    const span = (samples.at(-1)?.seconds ?? 0) - (samples[0]?.seconds ?? 0)
    return {
      benchmark: 'processor', subject: `${name}; no core was free for it during ${percent(waitedSeconds / span)} of the time`, value: round(cpuSeconds), unit: 's',
      ratio: cpuSeconds / span, baseline: 'one core', details: { waited: waitedSeconds },
    }
  })
  const cores = rows.reduce((total, { ratio = 0 }) => total + ratio, 0)
  const core = (subject: string, value: number): BenchmarkRow => ({ benchmark: 'processor', subject, value: round(value, 2), unit: 'cores' })
  return [...rows, core('all of these together', cores), core('other work on this machine meanwhile', Math.max(0, machineCores - cores))]
}

const percent = (part: number) => `${round(100 * part)} %`

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
