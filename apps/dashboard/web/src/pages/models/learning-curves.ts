import type { TrainingRun } from '@streamforge/contracts'
import type { ChartLine } from '../../parts/line-chart.tsx'
import { metricName } from './models-view.ts'

type Epochs = Pick<TrainingRun, 'epochs'>
type Epoch = TrainingRun['epochs'][number]

const lineOf = ({ epochs }: Epochs, name: string, tone: ChartLine['tone'], of: (epoch: Epoch) => number | undefined): ChartLine => ({
  name, tone, points: epochs.flatMap((epoch) => { const value = of(epoch); return value !== undefined && Number.isFinite(value) ? [[epoch.epoch, value] as const] : [] }),
})
const reportedIn = ({ epochs }: Epochs) => [...new Set(epochs.flatMap((epoch) => Object.keys(epoch.metrics)))]

/** Of a network: the loss on both parts, epoch by epoch; and what else was measured on the validation part. */
export function learningCurves(run: Epochs): { loss: ChartLine[]; others: ChartLine[] } {
  const names = reportedIn(run).filter((name) => name !== 'loss').sort()
  return {
    loss: [lineOf(run, 'training loss', 1, (e) => e.loss), lineOf(run, 'validation loss', 2, (e) => e.metrics['loss'])].filter((l) => l.points.length > 0),
    others: names.slice(0, 2).map((name, i) => lineOf(run, `validation ${metricName(name)}`, i === 0 ? 3 : 4, (e) => e.metrics[name])),
  }
}

/** What is drawn beside an agent's loss, in this order; then what else was reported. */
const ofAgents: Record<string, string> = {
  validation_log_return: 'log return on the validation bars', mean_reward: 'mean reward of a step', epsilon: 'share of random actions', mean_return: 'mean return of an episode',
}
/** These only count. */
const counters: ReadonlySet<string> = new Set(['loss', 'steps', 'fold'])
const mostLines = 4

/** Of an agent: the loss and what else was reported, each a line of its own, since their scales differ. */
export function agentCurves(run: Epochs): ChartLine[] {
  const told = reportedIn(run).filter((name) => !counters.has(name))
  const names = [...Object.keys(ofAgents).filter((name) => told.includes(name)), ...told.filter((name) => !(name in ofAgents))].slice(0, mostLines - 1)
  return [lineOf(run, 'loss', 1, (epoch) => epoch.loss), ...names.map((name, i) => lineOf(run, ofAgents[name] ?? name.replaceAll('_', ' '), ([2, 3, 4] as const)[i] ?? 1, (epoch) => epoch.metrics[name]))]
    .filter((line) => line.points.length > 0)
}
