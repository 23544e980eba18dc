import type { Measured, Scores } from '@streamforge/contracts'
import type { Evaluation } from './evaluate.ts'

interface Column {
  title: string
  figure: string
  show: (value: number) => string
}

const columns: Column[] = [
  { title: 'MSE', figure: 'mse', show: (value) => value.toExponential(3) },
  { title: 'direction', figure: 'directional_accuracy', show: (value) => value.toFixed(3) },
  { title: 'IC', figure: 'ic', show: (value) => value.toFixed(4) },
  { title: 'RankIC', figure: 'rank_ic', show: (value) => value.toFixed(4) },
  { title: 'MRR', figure: 'mrr', show: (value) => value.toExponential(2) },
  ...[1, 5, 10].flatMap((k): Column[] => [
    { title: `IRR ${k}`, figure: `irr_${k}_gross`, show: (value) => value.toFixed(3) },
    { title: `IRR ${k} net`, figure: `irr_${k}`, show: (value) => value.toFixed(3) },
  ]),
]

const titles: Record<string, string> = {
  gnn: 'GNN', gru: 'GRU without graph', linear: 'linear (ridge)', momentum: "momentum (last bar's return)", reversal: 'reversal (its opposite)', last_value: 'last value (always 0), equal weight',
}

/** A Markdown table, each figure with its 95 % interval, and what it was made with. */
export function renderEvaluation(evaluation: Evaluation): string {
  const { scores, parameters, randomTop1, parts, epochs } = evaluation
  const rows = Object.entries(scores).map(([name, of]) => [titles[name] ?? name, ...columns.map((column) => cell(of, column))])
  const percent = (value: number) => `${Math.round(100 * value)} %`
  return [
    `${evaluation.description}.`,
    `Trained on ${parts.train.bars} bars (${parts.train.from} to ${parts.train.to}), tuned on ${parts.validation.bars}, tested on ${parts.test.bars} (${parts.test.from} to ${parts.test.to}).`,
    `Seed ${parameters.seed}, ${evaluation.backend}, ${evaluation.seconds.toFixed(0)} s; epochs (best): GNN ${epochs.gnn.run} (${epochs.gnn.best}), GRU ${epochs.gru.run} (${epochs.gru.best}). Costs ${parameters.cost_bps} bp a trade.`,
    '',
    table([['', ...columns.map(({ title }) => title)], ...rows]),
    '',
    `Top 1 at random, gross: ${randomTop1.mean.toFixed(3)}, standard deviation ${randomTop1.deviation.toFixed(3)}, 95th percentile ${randomTop1.percentile95.toFixed(3)}.`,
    `RankIC of the GNN is above that of: ${Object.entries(evaluation.chanceAbove).map(([name, chance]) => `${titles[name]} in ${percent(chance)}`).join(', ')} of resamples.`,
  ].join('\n')
}

function cell(scores: Scores, { figure, show }: Column): string {
  const measured: Measured | undefined = scores[figure]
  return measured ? `${show(measured.value)} [${show(measured.low)}, ${show(measured.high)}]` : '-'
}

function table([head, ...rows]: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [line(head!), line(head!.map(() => '---')), ...rows.map(line)].join('\n')
}
