import { createHash } from 'node:crypto'
import { barGrid, GraphParameters, type GraphVersion, type StageResult, type StageSpec } from '@streamforge/contracts'
import {
  buildRelations, ensureGraphCollections, graphCollections, hashRelations, summariseGraph, writeGraphVersion, type GraphCollections, type Relation,
} from '@streamforge/models'
import { readStageSpec, type WorkerContext, type WorkerResult } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import { awaitBars } from './await-bars.ts'
import { type BarSource, openBarSource } from './bar-sources.ts'
import { type GraphWindow, graphWindows } from './graph-windows.ts'
import { keepSectors } from './keep-sectors.ts'
import { readArticles, readAssetFacts } from './read-facts.ts'
import { readWindow, type WindowSeries } from './read-window.ts'

/** Waits of the builder, for tests. */
export interface Waits {
  /** Milliseconds between looks at features that are still being made, and without a new one before it goes on with those that are there. */
  pollMs?: number
  idleMs?: number
}

/** Builds and stores one version of the asset graph for each window of the stage. Repeating it changes nothing. */
export async function buildGraphs(worker: WorkerContext<unknown>, waits: Waits = {}): Promise<WorkerResult> {
  const { assignment, log } = worker
  const store = await worker.store()
  const spec = await readStageSpec(store, assignment.queue_id)
  const windows = graphWindows(spec)
  const collections = graphCollections(spec)
  await ensureGraphCollections(store, collections)
  await keepSectors(store, spec)
  await awaitBars(worker, store, { spec, to: windows.at(-1)!.to, ...waits })
  const job: Job = { worker, store, spec, collections, source: openBarSource(store, spec), parameters: parametersOf(spec) }
  const built: GraphVersion[] = []
  for (const window of windows) {
    built.push(await buildGraph(job, window, built))
    log.info({ version: built.at(-1)!.version, edges: built.at(-1)!.statistics.edges }, 'graph version stored')
  }
  return resultOf(built)
}

interface Job {
  worker: WorkerContext<unknown>
  store: Store
  spec: StageSpec
  collections: GraphCollections
  source: BarSource
  parameters: GraphParameters
}

const parametersOf = ({ pipeline }: StageSpec) => (pipeline.type === 'train_gnn' ? pipeline.graph : GraphParameters.parse({}))

async function buildGraph(job: Job, window: GraphWindow, before: readonly GraphVersion[]): Promise<GraphVersion> {
  const { worker, store, spec, parameters } = job
  const edges = edgesOf(before)
  const tell = (rows: number) => worker.progress({ records_written: edges, message: `window ${before.length + 1}: ${rows} bars read, ${edges} relations stored` })
  const read = await readWindow(job.source, {
    symbols: spec.symbols, grid: barGrid(spec.venue, spec.interval), window, maximumLag: parameters.maximum_lag_bars, signal: worker.signal, onRead: tell,
  })
  if (read.empty.length > 0) worker.log.warn({ symbols: read.empty }, 'symbols without bars in the window have no relations')
  const { relations, facts } = await buildRelations({
    series: read.series, parameters, assets: await readAssetFacts(store, spec.venue, spec.symbols),
    articles: parameters.kinds.includes('co_mention') ? await readArticles(store, window) : [],
  })
  worker.signal.throwIfAborted()
  const version = versionOf(job, { window, relations, facts, read })
  await writeGraphVersion(store, job.collections, { version, relations })
  worker.progress({ records_written: edges + relations.length, message: `window ${before.length + 1}: ${relations.length} relations stored` })
  return version
}

function versionOf(
  { worker, spec, parameters }: Job, { window, relations, facts, read }: { window: GraphWindow; relations: readonly Relation[]; facts: Record<string, number>; read: WindowSeries },
): GraphVersion {
  const version = `${spec.workflow_id.slice('wf-'.length)}_${spec.interval}_${window.to}`
  const { kinds, sectors: _sectors, ...numbers } = parameters
  return {
    _key: version, version, queue_id: spec.queue_id, workflow_id: spec.workflow_id, venue: spec.venue, interval: spec.interval, from: window.from, to: window.to, symbols: spec.symbols,
    parameters: { ...numbers, ...facts, kinds: kinds.join(','), bars: read.series.bars, rows: read.rows, symbols_without_bars: read.empty.length },
    statistics: summariseGraph(spec.symbols, relations), hash: hashRelations(relations), created_at: worker.now(),
  }
}

const edgesOf = (versions: readonly GraphVersion[]) => versions.reduce((sum, { statistics }) => sum + statistics.edges, 0)

function resultOf(versions: readonly GraphVersion[]): WorkerResult {
  const edges = edgesOf(versions)
  const hash = createHash('sha256')
  for (const version of versions) hash.update(`${version.from},${version.to},${version.hash}\n`)
  const summary = `${versions.length} versions of the asset graph with ${edges} relations among ${versions[0]!.symbols.length} assets`
  const result: StageResult = {
    hash: `sha256:${hash.digest('hex')}`, summary, facts: { versions: versions.length, edges, newest_version: versions.at(-1)!.version },
  }
  return { records_written: edges, records_total: edges, message: summary, result }
}
