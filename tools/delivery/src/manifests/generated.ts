import { kafkaTopics } from './kafka-topics.ts'
import { grafanaDashboards, prometheusRule } from './observability.ts'

const heading = (from: string) => `# Made from ${from} by \`npm run manifests\`; do not edit.\n`

/** Manifests that are made of something else in this repository, by their paths. */
export function generatedManifests(root: string): Readonly<Record<string, string>> {
  return {
    'k8s/dependencies/kafka/topics.yaml': `${heading('libs/contracts')}${kafkaTopics()}`,
    'k8s/observability/prometheus-rule.yaml': `${heading('k8s/observability/rules')}${prometheusRule(root)}`,
    'k8s/observability/dashboards.yaml': `${heading('docker/grafana/dashboards')}${grafanaDashboards(root)}`,
  }
}
