import type { CapacityPlan } from './plan-capacity.ts'

const count = (value: number, digits = 0) => value.toLocaleString('en-US', { maximumFractionDigits: digits })

/** The plan as text for a terminal. */
export function renderPlan(plan: CapacityPlan): string {
  const { rates, pods, kafka, historyHours } = plan
  const total = (pick: (pod: CapacityPlan['pods'][number]) => number) => pods.reduce((sum, pod) => sum + pod.count * pick(pod), 0)
  return [
    ...table(['a second', 'mean', 'busy', 'MB'], [
      ...rates.map(({ what, mean, busy, bytes }) => [what, count(mean), count(busy), count(bytes / 1e6, 2)]),
    ]),
    '',
    ...table(['pods', 'count', 'cores each', 'MB each'], [
      ...pods.map(({ app, count: number, cores, megabytes }) => [app, count(number), count(cores, 2), count(megabytes)]),
      ['together', count(total(() => 1)), count(total((pod) => pod.cores), 1), count(total((pod) => pod.megabytes))],
    ]),
    '',
    `nodes       ${count(plan.nodes)}`,
    `Kafka       ${count(kafka.brokers)} brokers, ${count(kafka.partitions)} partitions of data topics, ${count(kafka.diskGb)} GB of disk in all`,
    `venue       ${count(plan.queues)} queues, ${count(plan.streams)} streams, at least ${count(plan.connections)} connections`,
    `store       ${count(plan.storeGbADay, 1)} GB a day, ${count(plan.storeGb)} GB as long as it is kept`,
    ...(historyHours ? [`history     ${count(historyHours.records)} records: ${count(historyHours.venue, 1)} h by the venue's limit for one address (archives: none), ${count(historyHours.work, 1)} core hours of ours`] : []),
  ].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)))
  return [head, ...rows].map((row) => row.map((cell, column) => (column ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ').trimEnd())
}
