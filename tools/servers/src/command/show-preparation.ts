import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { preparation, type PreparationEvent } from '../preparation.ts'

const everyMs = 10_000

/** Says how downloads and builds go, every ten seconds, until `stop`; `seconds` is how long all of them took. */
export function showPreparation(say: (line: string) => void): { seconds(): number; stop(): void } {
  let current: Progress | undefined
  let totalMs = 0
  const onEvent = (message: unknown) => {
    const event = message as PreparationEvent
    if (event.kind === 'began') current ??= progressOf(event, say)
    else if (event.kind === 'output') current?.heard(event.text)
    else if (event.folder === current?.folder) {
      current.stop()
      current = undefined
      totalMs += event.ms
      if (!event.failed) say(`${event.name} is ready in the cache, after ${Math.round(event.ms / 1000)} s`)
    }
  }
  preparation.subscribe(onEvent)
  return {
    seconds: () => totalMs / 1000,
    stop: () => {
      current?.stop()
      preparation.unsubscribe(onEvent)
    },
  }
}

type Progress = ReturnType<typeof progressOf>

function progressOf({ name, folder }: { name: string; folder: string }, say: (line: string) => void) {
  say(`${name} is not in the cache yet: it is downloaded or built, once`)
  const began = performance.now()
  let lines = 0
  let before = 0
  const show = async () => {
    const bytes = await bytesIn(folder)
    const rate = (bytes - before) / (everyMs / 1000)
    before = bytes
    const grown = bytes > 0 ? `, ${megabytes(bytes)} (${megabytes(rate)} a second)` : ''
    say(`${name}: ${Math.round((performance.now() - began) / 1000)} s${lines > 0 ? `, ${lines} parts` : ''}${grown}`)
  }
  const timer = setInterval(() => void show(), everyMs)
  return { folder, heard: (text: string) => { lines += text.split('\n').length - 1 }, stop: () => clearInterval(timer) }
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = await Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)).then(({ size }) => size, () => 0)))
  return sizes.reduce((sum, size) => sum + size, 0)
}
