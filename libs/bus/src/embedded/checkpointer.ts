import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { parentPort, Worker, workerData } from 'node:worker_threads'

/** A thread takes some megabytes: one that has had nothing to do for so long, in milliseconds, is ended. */
const IDLE_MS = 20_000

/** Tells the thread's own copy of this module what it is. */
const role = 'streamforge-checkpointer'

/**
 * Brings what lies in a file's write-ahead log into the file, in a thread of its own: SQLite waits for the disk there, for tens of milliseconds,
 * and would let nothing else of this process go on meanwhile. Started at its first use.
 */
export class Checkpointer {
  readonly #waiting = new Map<number, () => void>()
  #worker: Worker | undefined
  #broken = false
  #lastId = 0
  #idle: NodeJS.Timeout | undefined

  /** Resolves when what was in the log is in the file, or could not be brought there: SQLite then does it itself when the log has grown further. */
  run(path: string): Promise<void> {
    const worker = this.#start()
    if (!worker) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.set(++this.#lastId, resolve)
      clearTimeout(this.#idle)
      this.#idle = setTimeout(() => this.#stop(), IDLE_MS).unref()
      worker.postMessage({ id: this.#lastId, path })
    })
  }

  async close(): Promise<void> {
    this.#broken = true
    clearTimeout(this.#idle)
    await this.#stop()
  }

  #start(): Worker | undefined {
    if (this.#broken || this.#worker) return this.#worker
    try {
      const worker = new Worker(new URL(import.meta.url), { workerData: role, resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 } })
      // Whoever wants to end need not wait for it.
      worker.unref()
      worker.on('message', (id: number) => {
        this.#waiting.get(id)?.()
        this.#waiting.delete(id)
      })
      worker.once('error', () => {
        this.#broken = true
        void this.#stop()
      })
      return (this.#worker = worker)
    } catch {
      this.#broken = true
      return undefined
    }
  }

  async #stop(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
    this.#releaseAll()
  }

  #releaseAll(): void {
    for (const release of this.#waiting.values()) release()
    this.#waiting.clear()
  }
}

function checkpoint(path: string): void {
  let database: DatabaseSync | undefined
  try {
    // It is never made here: a topic may have been deleted meanwhile.
    database = new DatabaseSync(new URL(`${pathToFileURL(path).href}?mode=rw`), { timeout: 0 })
    database.exec('PRAGMA wal_checkpoint(PASSIVE)')
  } catch {
    // Locked or gone: whoever asked goes on without.
  } finally {
    database?.close()
  }
}

if (workerData === role) {
  parentPort!.on('message', ({ id, path }: { id: number; path: string }) => {
    checkpoint(path)
    parentPort!.postMessage(id)
  })
}
