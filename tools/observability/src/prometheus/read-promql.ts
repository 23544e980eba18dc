import { parser } from '@prometheus-io/lezer-promql'

/** Metrics and their label matchers that a query names. @throws Error where the query is not PromQL */
export function readPromql(query: string): { metric: string; labels: string[] }[] {
  // Grafana's own variables stand for durations, which PromQL's parser must see.
  const text = query.replaceAll(/\$__(rate_)?interval\b/g, '5m')
  const found: { metric: string; labels: string[] }[] = []
  parser.parse(text).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${text}`)
      if (node.name === 'VectorSelector') found.push({ metric: '', labels: [] })
      if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector') found.at(-1)!.metric = text.slice(node.from, node.to)
      if (node.name === 'LabelName' && isWithin(node.node, 'LabelMatchers')) found.at(-1)!.labels.push(text.slice(node.from, node.to))
    },
  })
  return found
}

interface Node { name: string; parent: Node | null }
function isWithin(node: Node, name: string): boolean {
  for (let at = node.parent; at; at = at.parent) if (at.name === name) return true
  return false
}
