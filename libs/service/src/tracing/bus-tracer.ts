import type { BusTracer } from '@streamforge/bus'
import { catalog, readTraceparent, writeTraceparent, type TraceContext } from '@streamforge/contracts'
import { activeTrace, inTrace } from './active-trace.ts'
import { spanBudget } from './span-budget.ts'
import type { Span, Tracing } from './tracing.ts'

/** Of one batch. */
const tracesAtMost = 16
const linksAtMost = 64

/**
 * Publishes and batches as spans. What carries a trace already is always followed; the rest, pages of a backfill and live records, while the
 * budget of its topic lasts: a trace shows how data began to flow, then samples of it, however much there is.
 */
export function busTracer(tracing: Tracing, now: () => number): BusTracer {
  const budget = spanBudget(now)
  return {
    publishing({ topic, messages, parent: carried }) {
      const given = readTraceparent(carried)
      const parent = given ?? activeTrace()
      if (!parent?.sampled || (!given && !budget(topic))) return undefined
      const span = tracing.begin(`publish ${nameOf(topic)}`, { kind: 'producer', parent, attributes: attributesOf(topic, messages, 'send') })
      return { traceparent: writeTraceparent(span.context), end: (error) => span.end(error) }
    },
    async handling({ topic, partition, group, messages, traceparents }, handle) {
      const attributes = { ...attributesOf(topic, messages, 'process'), 'messaging.consumer.group.name': group, 'messaging.destination.partition.id': String(partition) }
      const spans = beginEach(tracing, traceparents, `process ${nameOf(topic)}`, attributes)
      const end = (error?: unknown) => spans.forEach((span) => span.end(error))
      try {
        // Of several traces none is the one that the work is done for.
        await (spans.length === 1 ? inTrace(spans[0]!.context, handle) : handle())
        end()
      } catch (error) {
        end(error)
        throw error
      }
    },
  }
}

/** One span a trace, linked to what was published: below the work under way where that is of the same trace, else below the last publish. */
function beginEach(tracing: Tracing, traceparents: readonly string[], name: string, attributes: Record<string, string | number>): Span[] {
  const contexts = traceparents.map(readTraceparent).filter((context): context is TraceContext => context?.sampled === true)
  const under = activeTrace()
  return [...Map.groupBy(contexts, ({ traceId }) => traceId)].slice(0, tracesAtMost).map(([traceId, links]) => tracing.begin(name, {
    kind: 'consumer', parent: under?.traceId === traceId ? under : links.at(-1)!, links: links.slice(-linksAtMost), attributes,
  }))
}

const fixedTopics = new Set<string>(Object.values(catalog).map(({ topic }) => topic))

/** Names of spans are few: topics of queues are all `data`. */
const nameOf = (topic: string) => (fixedTopics.has(topic) || !topic.endsWith('-data') ? topic : 'data')

const attributesOf = (topic: string, messages: number, operation: 'send' | 'process') => ({
  'messaging.system': 'streamforge', 'messaging.destination.name': topic, 'messaging.operation.type': operation, 'messaging.batch.message_count': messages,
})
