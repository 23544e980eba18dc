import { listDeadLetters } from '@streamforge/bus'
import { type CoverageCertificate, isStageType, StreamForgeError } from '@streamforge/contracts'
import { readStageSpec, type WorkerContext, type WorkerResult } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import { certify, type StreamFacts } from './certify.ts'
import { type Dataset, datasetKeyRange, datasetOf, expectedRecords } from './dataset.ts'
import { type DrainOptions, drainStream, requireMarkers } from './drain-stream.ts'
import { type DuplicateCount, openDuplicateCount } from './duplicate-count.ts'
import { followStream } from './follow-stream.ts'
import { openOwnRecords } from './own-records.ts'
import { reconcile } from './reconcile.ts'
import { isComplete, type StreamCompletion, streamTotals } from './stream-completion.ts'

export const groupOf = (queueId: string) => `arango-connector.${queueId}`

/** Waits of the connector, for tests; see DrainOptions. */
export interface Waits {
  pollMs?: number
  idleMs?: number
  certifyMs?: number
  drainMs?: number
}

/** Stores a queue's data topic, and proves from the store that the set is whole: at the end, and of live data every now and then. */
export async function storeQueue(worker: WorkerContext<unknown>, waits: Waits = {}): Promise<WorkerResult> {
  const { assignment, bus, signal, now } = worker
  const store = await worker.store()
  const dataset = datasetOf(assignment, isStageType(assignment.type) ? await readStageSpec(store, assignment.queue_id) : undefined)
  await ensureCollections(store, assignment.collection_name)
  if (dataset.unit === 'rows' && dataset.features !== undefined) await store.ensureCollection(dataset.features)
  const duplicates = await openDuplicateCount(store, assignment.queue_id, assignment.attempt)
  const progress = await openProgress(worker, store, dataset, duplicates)
  const options = {
    bus, store, dataset, topic: assignment.kafka_topic, group: groupOf(assignment.queue_id), collection: assignment.collection_name,
    service: worker.name, signal, now, ...waits, onStored: progress.onStored,
  }
  const job = { worker, store, dataset, duplicates, progress }
  return dataset.live ? storeLive(job, options) : storeHistory(job, options)
}

interface Job {
  worker: WorkerContext<unknown>
  store: Store
  dataset: Dataset
  duplicates: DuplicateCount
  progress: Progress
}

/** Stores live data until its loader has been stopped, or this worker is. */
async function storeLive({ worker, store, dataset, duplicates, progress }: Job, options: DrainOptions & Waits): Promise<WorkerResult> {
  const { assignment, bus, log, now } = worker
  const own = await openOwnRecords(options)
  const certificate = await followStream({ ...options, onBringing: own.bring }, async (signal) => {
    await own.save()
    const deadLettered = (await listDeadLetters(bus, { sourceTopic: options.topic, group: options.group })).length
    const facts: StreamFacts = { ids: undefined, markersComplete: false, duplicates: duplicates.total(), deadLettered, own: own.span() }
    const certificate = await certify({ store, dataset, assignment, facts, now, signal, onProgress: () => progress.tell() })
    await store.writeBatch('coverage', [{ _key: certificate.queue_id, ...certificate }])
    log.info({ complete: certificate.complete, stored: certificate.rows_stored, lost: certificate.lost }, 'certified so far')
    progress.tell(summary(certificate), certificate)
    return certificate
  })
  return { ...progress.totals(), certificate, message: summary(certificate) }
}

async function storeHistory({ worker, store, dataset, duplicates, progress }: Job, options: DrainOptions): Promise<WorkerResult> {
  const { assignment, bus, log, signal, now } = worker
  const { topic, group } = options
  const completion = await drainStream(options)
  const deadLettered = (await listDeadLetters(bus, { sourceTopic: topic, group })).length
  const facts: StreamFacts = {
    ids: provenIds(completion), markersComplete: isComplete(completion), duplicates: duplicates.total(), deadLettered,
  }
  log.info({ dead_lettered: deadLettered, duplicates: facts.duplicates }, 'all is consumed, certifying')
  const certificate = await certify({ store, dataset, assignment, facts, now, signal, onProgress: progress.onCertified })
  try {
    checkCounts(completion, certificate)
  } catch (error) {
    // Offsets that say more than the store holds would hide the loss for good.
    if (error instanceof StreamForgeError && error.details.few) await readAgain(worker, topic, group)
    throw error
  }
  await store.writeBatch('coverage', [{ _key: certificate.queue_id, ...certificate }])
  return {
    records_written: certificate.rows_stored, records_total: certificate.rows_expected - certificate.missing_at_source,
    duplicates: facts.duplicates, dead_lettered: deadLettered, certificate, message: summary(certificate),
  }
}

async function readAgain({ bus, log }: WorkerContext<unknown>, topic: string, group: string): Promise<void> {
  await bus.admin.seek(group, topic, 'earliest').catch((error: unknown) => {
    log.warn({ err: error }, 'the group could not be set back; another connector of the queue is still there')
  })
}

async function ensureCollections(store: Store, collection: string): Promise<void> {
  // No index beside the key's: within a collection keys sort as records do in time, and each index costs every write.
  await store.ensureCollection(collection)
  await store.ensureCollection('gaps')
  await store.ensureCollection('stream_markers')
  await store.ensureCollection('coverage', { indexes: [['symbol', 'type'], ['workflow_id']] })
}

function checkCounts(completion: StreamCompletion, certificate: CoverageCertificate): void {
  requireMarkers(completion, certificate.dead_lettered)
  if (!isComplete(completion)) return
  reconcile({ stored: certificate.rows_stored, sent: streamTotals(completion).records, deadLettered: certificate.dead_lettered })
}

function provenIds(completion: StreamCompletion): StreamFacts['ids'] {
  const { firstTradeId, lastTradeId } = streamTotals(completion)
  const proven = isComplete(completion) && firstTradeId !== undefined && lastTradeId !== undefined
  return proven ? { first: firstTradeId, last: lastTradeId } : undefined
}

type Progress = Awaited<ReturnType<typeof openProgress>>

/** Counts of this attempt on top of what was there, told after every batch. */
async function openProgress(worker: WorkerContext<unknown>, store: Store, dataset: Dataset, duplicates: DuplicateCount) {
  const { collection_name: collection, kafka_topic: sourceTopic, queue_id } = worker.assignment
  let written = await store.count(collection, datasetKeyRange(dataset))
  let deadLettered = (await listDeadLetters(worker.bus, { sourceTopic, group: groupOf(queue_id) })).length
  const total = expectedRecords(dataset)
  const totals = () => ({
    records_written: written, duplicates: duplicates.total(), dead_lettered: deadLettered, ...(total !== undefined && { records_total: total }),
  })
  const tell = (message?: string, certificate?: CoverageCertificate) =>
    worker.progress({ ...totals(), message: message ?? `${written} records written`, ...(certificate && { certificate }) })
  tell()
  return {
    tell, totals,
    async onStored(batch: { created: number; duplicates: number }, refused: number) {
      written += batch.created
      deadLettered += refused
      await duplicates.add(batch.duplicates)
      tell()
    },
    onCertified: (read: number) => tell(`${read} of ${written} stored records read for the certificate`),
  }
}

function summary(certificate: CoverageCertificate): string {
  const { rows_stored, rows_expected, unit, missing_at_source, lost, dead_lettered, foreign, complete } = certificate
  if (complete) return `complete: ${rows_stored} of ${rows_expected} ${unit} stored, ${missing_at_source} missing at the source`
  return `not complete: ${rows_stored} of ${rows_expected} ${unit} stored, ${missing_at_source} missing at the source, ${lost} lost, `
    + `${dead_lettered} dead-lettered, ${foreign} foreign`
}
