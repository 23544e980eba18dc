import { readFile } from 'node:fs/promises'

/** Watches the resident memory of several processes together. Linux only: elsewhere the peak stays undefined. */
export interface MemoryWatch {
  /** Highest sum seen, in bytes. */
  readonly peakBytes: () => number | undefined
  readonly stop: () => void
}

export function watchMemory(pids: () => Promise<number[]>, everyMs = 1_000): MemoryWatch {
  let peak: number | undefined
  let busy = false
  const sample = async () => {
    if (busy) return
    busy = true
    const sizes = await Promise.all((await pids()).map(residentBytes))
    const sum = sizes.reduce<number>((a, b) => a + (b ?? 0), 0)
    if (sum > 0) peak = Math.max(peak ?? 0, sum)
    busy = false
  }
  const timer = setInterval(() => void sample().catch(() => { busy = false }), everyMs)
  timer.unref()
  return { peakBytes: () => peak, stop: () => clearInterval(timer) }
}

async function residentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]
  return kib === undefined ? undefined : Number(kib) * 1024
}
