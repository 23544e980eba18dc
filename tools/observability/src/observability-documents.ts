import { dashboards } from './grafana/all-dashboards.ts'
import { toGrafana } from './grafana/dashboard.ts'
import { metricsPage } from './metrics/metrics-page.ts'
import { ruleFile, ruleTestFile } from './prometheus/rule-files.ts'

/** Path in the repository -> content. */
export async function observabilityDocuments(): Promise<Record<string, string>> {
  return {
    'docs/METRICS.md': await metricsPage(),
    ...Object.fromEntries(Object.entries(dashboards).map(([name, dashboard]) => [`docker/grafana/dashboards/${name}.json`, `${JSON.stringify(toGrafana(dashboard), null, 2)}\n`])),
    'k8s/observability/rules/streamforge.yaml': ruleFile(),
    'k8s/observability/rules/streamforge.test.yaml': ruleTestFile(),
  }
}
