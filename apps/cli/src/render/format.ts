/** 881280 -> "881,280" */
export const count = (n: number) => n.toLocaleString('en-US', { maximumFractionDigits: 0 })

/** Seconds as "42 s", "3 min 05 s" or "2 h 10 min". */
export function duration(seconds: number): string {
  const s = Math.round(seconds)
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`
}

export function progressBar(fraction: number | undefined, width: number): string {
  if (fraction === undefined) return `[${'·'.repeat(width)}]`
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width)
  return `[${'█'.repeat(filled)}${'░'.repeat(width - filled)}]`
}
