import type { Dashboard } from '../dashboard.ts'
import { prom, promTable } from '../queries.ts'

export const workflows: Dashboard = {
  uid: 'streamforge-workflows', title: 'StreamForge / Workflows', description: 'Workflows, their jobs, what loaders send and connectors store', uses: ['prometheus'],
  panels: [
    { title: 'Workflows', type: 'stat', unit: 'short', width: 8, height: 5, targets: [prom('sum by (status) (streamforge_workflows)', '{{status}}')] },
    { title: 'Queues', type: 'stat', unit: 'short', width: 8, height: 5, targets: [prom('sum by (status) (streamforge_queues)', '{{status}}')] },
    { title: 'Alerts that go on', type: 'stat', unit: 'short', width: 8, height: 5, targets: [prom('sum by (alert, severity) (streamforge_alerts_active)', '{{alert}}')] },
    { title: 'Jobs launched a minute', unit: 'short', targets: [
      prom('sum by (target) (rate(streamforge_job_launches_total[$__rate_interval])) * 60', '{{target}}'),
      prom('sum by (target) (rate(streamforge_job_relaunches_total[$__rate_interval])) * 60', '{{target}} again'),
    ] },
    { title: 'Errors of workers in 15 minutes', unit: 'short', targets: [prom('sum by (target, code) (streamforge_job_recent_errors) > 0', '{{target}} {{code}}')] },
    { title: 'Decisions of healing a minute', unit: 'short', targets: [prom('sum by (action) (rate(streamforge_healing_decisions_total[$__rate_interval])) * 60', '{{action}}')] },
    { title: 'Requests a second', description: 'By their status; 429: too many, 503: asked one that stands by', unit: 'reqps', targets: [
      prom('sum by (status) (rate(streamforge_http_requests_total[$__rate_interval]))', '{{status}}'),
    ] },
    { title: 'Answers within', unit: 's', targets: [
      prom('histogram_quantile(0.95, sum by (le, method) (rate(streamforge_http_request_seconds_bucket[$__rate_interval])))', '{{method}} p95'),
    ] },
    { title: 'Epoch of who leads', unit: 'short', targets: [prom('max(streamforge_queue_manager_epoch)', 'epoch')] },
    { title: 'Messages published a second', description: 'By the service that sends them', unit: 'ops', targets: [
      prom('sum by (service) (rate(streamforge_bus_messages_published_total[$__rate_interval]))', '{{service}}'),
    ] },
    { title: 'Messages handled a second', unit: 'ops', targets: [prom('sum by (service) (rate(streamforge_bus_messages_consumed_total[$__rate_interval]))', '{{service}}')] },
    { title: 'Documents written a second', unit: 'ops', targets: [prom('sum by (service) (rate(streamforge_store_documents_written_total[$__rate_interval]))', '{{service}}')] },
    { title: 'A batch until it is durable', unit: 's', targets: [
      prom('histogram_quantile(0.99, sum by (le, service) (rate(streamforge_store_write_seconds_bucket[$__rate_interval])))', '{{service}} p99'),
    ] },
    { title: 'From publish to acknowledgement', unit: 's', targets: [
      prom('histogram_quantile(0.99, sum by (le, service) (rate(streamforge_bus_publish_seconds_bucket[$__rate_interval])))', '{{service}} p99'),
    ] },
    { title: 'From an event to its effect', unit: 's', targets: [
      prom('histogram_quantile(0.5, sum by (le) (rate(streamforge_queue_event_delay_seconds_bucket[$__rate_interval])))', 'p50'),
      prom('histogram_quantile(0.99, sum by (le) (rate(streamforge_queue_event_delay_seconds_bucket[$__rate_interval])))', 'p99'),
    ] },
    { title: 'Memory', unit: 'bytes', targets: [prom('max by (service) (process_resident_memory_bytes)', '{{service}}')] },
    { title: 'Processor', description: 'Cores', unit: 'short', targets: [prom('sum by (service) (rate(process_cpu_seconds_total[$__rate_interval]))', '{{service}}')] },
    { title: 'Silent workers', type: 'table', unit: 's', width: 24, targets: [promTable('max by (queue_id, target) (streamforge_worker_silence_seconds) > 10')] },
  ],
}
