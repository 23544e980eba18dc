/** A worker is silent once it has missed so many. */
export const heartbeatsOfSilence = 3

/** From and to in milliseconds since the epoch: nobody could be heard then. */
export interface DeafTime {
  readonly from: number
  readonly to: number
}

/** When workers could be heard. */
export interface Listening {
  /** Before that nobody listened; milliseconds since the epoch. */
  readonly listeningSince: number
  /** Times since then that say nothing about anybody; in order, apart from each other. Absent: none. */
  readonly deaf?: readonly DeafTime[]
}

/** Milliseconds from `since` to `now` in which somebody could have been heard. */
export function silentMs({ listeningSince, deaf = [] }: Listening, since: number, now: number): number {
  const from = Math.max(since, listeningSince)
  return deaf.reduce((ms, time) => ms - Math.max(0, Math.min(time.to, now) - Math.max(time.from, from)), now - from)
}
