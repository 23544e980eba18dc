import { readFile } from 'node:fs/promises'

/**
 * Watches the memory of several processes together. What they share, such as Node's own program, counts once: each has its proportion (PSS), for
 * the sum of resident sizes would count it in every one. Linux only: elsewhere the peak stays undefined.
 */
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
    const sizes = await Promise.all((await pids()).map(proportionalBytes))
    const sum = sizes.reduce<number>((a, b) => a + (b ?? 0), 0)
    if (sum > 0) peak = Math.max(peak ?? 0, sum)
    busy = false
  }
  const timer = setInterval(() => void sample().catch(() => { busy = false }), everyMs)
  timer.unref()
  return { peakBytes: () => peak, stop: () => clearInterval(timer) }
}

async function proportionalBytes(pid: number): Promise<number | undefined> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  const kib = /^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]
  return kib === undefined ? undefined : Number(kib) * 1024
}
