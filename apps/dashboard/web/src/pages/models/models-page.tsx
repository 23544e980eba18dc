import { useState } from 'react'
import type { TrainingRun } from '@streamforge/contracts'
import { formatDuration, formatInstant } from '../../format.ts'
import { useLive } from '../../live/use-live.ts'
import { formatFigure } from '../../parts/nice-ticks.ts'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Link } from '../../router.tsx'
import { mergeModels, modelNames, type Models } from './models-view.ts'
import { RunPage } from './run-page.tsx'
import { VersionTable } from './version-table.tsx'

/** Models and runs are followed here, so that a run's own page has them at once. */
export function ModelsPage({ runId }: { runId: string | undefined }) {
  const [models, setModels] = useState<Models>()
  useLive({ kind: 'models' }, { onData: (told) => setModels((known) => mergeModels(known, told)) })
  if (models === undefined) return <p className="muted">Reading …</p>
  if (runId !== undefined) return <RunPage runId={runId} models={models} />
  return (
    <>
      <h1>Models</h1>
      {modelNames(models).length === 0 && <p className="empty">No model has been trained yet. <Link href="/workflows">A workflow</Link> with the pipeline “train a forecasting network” trains one.</p>}
      {modelNames(models).map((model) => <VersionTable key={model} model={model} models={models} />)}
      {models.runs.length > 0 && <Runs runs={models.runs} />}
    </>
  )
}

function Runs({ runs }: { runs: readonly TrainingRun[] }) {
  return (
    <section className="panel" aria-labelledby="runs-title">
      <h2 id="runs-title">Training runs</h2>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="runs-title">
        <table>
          <thead><tr><th>Run</th><th>Model</th><th>State</th><th className="num">Epochs</th><th className="num">Validation loss</th><th>Started</th><th>Last word</th></tr></thead>
          <tbody>
            {runs.map((run) => {
              const last = run.epochs.at(-1)
              const loss = last?.metrics['loss']
              return (
                <tr key={run.run_id}>
                  <th scope="row" className="run-id"><Link href={`/models/${run.run_id}`}><code>{run.run_id}</code></Link></th><td className="nowrap">{run.model}{run.model_version !== undefined && ` v${run.model_version}`}</td>
                  <td><StatusChip status={run.status} /></td><td className="num">{last ? `${last.epoch} / ${last.epochs}` : '–'}</td>
                  <td className="num">{loss === undefined ? '–' : formatFigure(loss)}</td>
                  <td className="nowrap">{formatInstant(Math.floor(run.started_at / 1_000) * 1_000)}{run.finished_at !== undefined && <div className="muted">took {formatDuration((run.finished_at - run.started_at) / 1_000)}</div>}</td>
                  <td className="why">{run.message}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </section>
  )
}
