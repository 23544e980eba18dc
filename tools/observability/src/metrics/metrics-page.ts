import { collectMetrics } from './collect-metrics.ts'

/** docs/METRICS.md */
export async function metricsPage(root?: string): Promise<string> {
  const rows = (await collectMetrics(root)).map(({ name, type, labels, help, services }) =>
    `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} | ${services.join(', ')} |`)
  return `# Metrics

Made from what the services register by \`npm run docs\`; do not edit. Every service shows them at \`/metrics\` on its health port (\`HEALTH_PORT\`), each with the
label \`service\`, beside those of the process itself (\`process_*\`, \`nodejs_*\`). Names are \`streamforge_<what>_<unit>\`, in seconds and bytes, with \`_total\` for what
only grows. A histogram comes as \`_bucket\`, \`_count\` and \`_sum\`. Dashboards in \`docker/grafana\` and rules in \`k8s/observability\` may name these, and tests hold that.

| metric | type | labels | what it is | of |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}
