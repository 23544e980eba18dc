import type { Dashboard } from '../dashboard.ts'
import { prom, promTable } from '../queries.ts'

export const kafkaLag: Dashboard = {
  uid: 'streamforge-kafka-lag', title: 'StreamForge / Kafka lag', description: 'How far consumers are behind, by the alerter, on Kafka as on the embedded bus', uses: ['prometheus'],
  panels: [
    { title: 'Messages not yet handled', unit: 'short', width: 24, targets: [prom('topk(20, max by (group, topic) (streamforge_consumer_lag_messages))', '{{group}} {{topic}}')] },
    { title: 'By group', type: 'table', unit: 'short', targets: [promTable('sort_desc(sum by (group) (streamforge_consumer_lag_messages))')] },
    { title: "Events before queue-manager", unit: 'short', targets: [prom('sum by (partition) (streamforge_queue_events_lag)', 'partition {{partition}}')] },
    { title: 'Published a second, by topic', unit: 'ops', targets: [prom('topk(15, sum by (topic) (rate(streamforge_bus_messages_published_total[$__rate_interval])))', '{{topic}}')] },
    { title: 'Handled a second, by topic', unit: 'ops', targets: [prom('topk(15, sum by (topic) (rate(streamforge_bus_messages_consumed_total[$__rate_interval])))', '{{topic}}')] },
    { title: 'A batch in its handler', unit: 's', targets: [
      prom('histogram_quantile(0.99, sum by (le, service) (rate(streamforge_bus_handle_seconds_bucket[$__rate_interval])))', '{{service}} p99'),
    ] },
    { title: 'Bytes published', unit: 'Bps', targets: [prom('sum by (service) (rate(streamforge_bus_bytes_published_total[$__rate_interval]))', '{{service}}')] },
    { title: 'Refused in 15 minutes', unit: 'short', targets: [prom('sum by (topic) (streamforge_dead_letters_recent_messages) > 0', '{{topic}}')] },
    { title: 'Dead-lettered a minute', unit: 'short', targets: [prom('sum by (topic, code) (rate(streamforge_bus_messages_dead_lettered_total[$__rate_interval])) * 60', '{{topic}} {{code}}')] },
  ],
}
