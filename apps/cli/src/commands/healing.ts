import type { HealingDecision, HealingReport } from '@streamforge/contracts'
import { connectApi, type ConnectionOptions } from '../connection.ts'
import { print, printJson } from '../output.ts'
import { renderTable } from '../render/table.ts'

/** What queue-manager decided about a workflow's workers. */
export async function healing(options: ConnectionOptions & { json?: boolean }, id?: string): Promise<number> {
  const report = await (await connectApi(options)).healing(id!)
  if (options.json) printJson(report)
  else print(renderHealing(report).join('\n'))
  return 0
}

const instant = (ms: number) => new Date(ms).toISOString().replace('T', ' ').slice(0, 19)
const who = ({ queue_id, target, attempt, circuit }: HealingDecision) => (queue_id === undefined ? circuit ?? '' : `${target} of ${queue_id}, attempt ${attempt}`)

/** The oldest first, as one reads a story. */
export function renderHealing({ decisions, circuits, relaunches }: HealingReport): string[] {
  const lines = circuits.map(({ circuit, state, reason, until }) => `${circuit} is ${state.replace('_', ' ')}${until === undefined ? '' : ` until ${instant(until)}`}: ${reason}`)
  const spent = `${relaunches.spent} of ${relaunches.limit} relaunches within the last hour`
  if (decisions.length === 0) return [...lines, `nothing had to be healed; ${spent}`]
  const table = renderTable(decisions.toReversed(), [
    { title: 'when (UTC)', value: ({ at }) => instant(at) }, { title: 'decision', value: ({ action }) => action.replaceAll('_', ' ') },
    { title: 'about', value: who }, { title: 'why', value: ({ reason }) => reason },
  ])
  return [...lines, table, spent]
}
