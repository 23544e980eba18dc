import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'

/** Prometheus' rules as the operator takes them. */
export function prometheusRule(root: string): string {
  const { groups } = parse(readFileSync(join(root, 'k8s/observability/rules/streamforge.yaml'), 'utf8')) as { groups: unknown[] }
  return stringify({ apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', metadata: { name: 'streamforge' }, spec: { groups } }, { lineWidth: 0 })
}

/** Grafana's dashboards, each a ConfigMap that its sidecar finds. */
export function grafanaDashboards(root: string): string {
  const folder = join(root, 'docker/grafana/dashboards')
  return readdirSync(folder).filter((file) => file.endsWith('.json')).sort().map((file) => `---\n${stringify({
    apiVersion: 'v1', kind: 'ConfigMap',
    metadata: { name: `dashboard-${file.replace('.json', '')}`, labels: { grafana_dashboard: '1' } },
    data: { [file]: JSON.stringify(JSON.parse(readFileSync(join(folder, file), 'utf8'))) },
  }, { lineWidth: 0 })}`).join('')
}
