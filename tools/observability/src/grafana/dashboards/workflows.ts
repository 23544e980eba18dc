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
    { title: 'Requests refused a second', description: 'reads, changes, address: too often; quota: too many workflows', unit: 'reqps', targets: [
      prom('sum by (service, reason) (rate(streamforge_http_refusals_total[$__rate_interval]))', '{{service}} {{reason}}'),
    ] },
    { title: 'Used of what may be asked at once', description: 'By the busiest caller or address; at 1 it is refused', unit: 'percentunit', targets: [
      prom('max by (service, budget) (streamforge_http_budget_used_ratio)', '{{service}} {{budget}}'),
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
    { title: 'Canaries', description: 'New versions that ran as a shadow, by what came of it', type: 'stat', unit: 'short', width: 8, targets: [
      prom('sum by (app, verdict) (streamforge_canaries)', '{{app}} {{verdict}}'),
    ] },
    { title: 'Records of the newest canary', description: 'That are not equal', type: 'stat', unit: 'short', width: 8, targets: [
      prom('max by (app, version, outcome) (streamforge_canary_records{outcome!="equal"})', '{{app}} {{version}} {{outcome}}'),
    ] },
    { title: 'The newest canary took, and its live records are late by', type: 'stat', unit: 's', width: 8, targets: [
      prom('max by (app, version) (streamforge_canary_run_seconds)', '{{app}} {{version}}'),
      prom('max by (app, version, of) (streamforge_canary_delay_seconds)', '{{app}} {{version}} {{of}} p95'),
    ] },
    { title: 'Since the newest canary, and since a promotion', type: 'stat', unit: 's', width: 24, height: 5, targets: [
      prom('time() - max by (app, version) (streamforge_canary_finished_timestamp_seconds)', 'canary of {{app}} {{version}}'),
      prom('time() - max by (app, version) (streamforge_release_promoted_timestamp_seconds)', 'jobs run {{app}} {{version}}'),
    ] },
    { title: 'Silent workers', type: 'table', unit: 's', width: 24, targets: [promTable('max by (queue_id, target) (streamforge_worker_silence_seconds) > 10')] },
  ],
}
