import type { StageProgress } from '@streamforge/contracts'
import { formatCount, formatDuration, formatRate } from '../../format.ts'
import { stageName, stagePart } from './workflow-view.ts'

/** One stage: how far, how fast, how long still. */
export function StageBar({ stage, compact = false }: { stage: StageProgress; compact?: boolean }) {
  const part = stagePart(stage)
  const running = stage.status === 'running'
  const name = stageName(stage.stage)
  const percent = part === undefined ? undefined : Math.floor(part * 100)
  return (
    <div className={`stage${compact ? ' stage-compact' : ''}`}>
      <span className="stage-name">{name}</span>
      <div className={`bar bar-${stage.status}${part === undefined && running ? ' bar-unknown' : ''}`} role="progressbar" aria-label={`${name}: ${stage.status}`}
        aria-valuemin={0} aria-valuemax={100} {...(percent !== undefined && { 'aria-valuenow': percent })}
        aria-valuetext={`${formatCount(stage.records_written)} records${percent === undefined ? '' : `, ${percent} %`}`}>
        <div className="bar-fill" style={{ width: `${(part ?? (running ? 1 : 0)) * 100}%` }} />
      </div>
      <span className="stage-figures">
        <span className="num">{formatCount(stage.records_written)}{stage.records_total !== undefined && stage.status !== 'finished' && ` / ${formatCount(stage.records_total)}`}</span>
        {running && stage.rate > 0 && <span className="num muted">{formatRate(stage.rate)}</span>}
        {running && stage.eta_seconds !== undefined && stage.eta_seconds > 0 && <span className="num muted">{formatDuration(stage.eta_seconds)} left</span>}
        {!compact && <span className="num muted">{stage.queues_finished}/{stage.queues_total} queues</span>}
      </span>
    </div>
  )
}
