import { mergeInOrder, type Hole } from './find-holes.ts'

/** Times that the venue is asked again about a hole before it counts as the venue's own. */
export const QUESTIONS_ABOUT_A_HOLE = 2

export interface SettlePageOptions<T> {
  /** In order. */
  records: T[]
  /** Where the page, with a hole that was left open before it, begins; and where it ends. */
  from: number
  to: number
  /** More pages follow: a hole at the end is left open, because it may go on in the next page. */
  more: boolean
  place: (record: T) => number
  findHoles: (records: readonly T[], from: number, to: number) => Hole[]
  /** Asks the venue for everything in a range. */
  readAgain: (from: number, to: number) => Promise<T[]>
}

export interface SettledPage<T> {
  records: T[]
  /** Holes that are there after all questions, in order. */
  gaps: Hole[]
  /** Everything before is settled: the start of the hole left open, or the page's end. */
  to: number
}

/** Asks the venue again for what is missing in a page, and tells what it still does not have. */
export async function settlePage<T>({ records, from, to, more, place, findHoles, readAgain }: SettlePageOptions<T>): Promise<SettledPage<T>> {
  let holes = findHoles(records, from, to)
  const last = holes.at(-1)
  const settledTo = more && last?.to === to ? last.from : to
  if (settledTo < to) holes.pop()
  for (let asked = 0; asked < QUESTIONS_ABOUT_A_HOLE && holes.length > 0; asked++) {
    const found = await readAgain(holes[0]!.from, holes.at(-1)!.to)
    records = mergeInOrder(records, found, place)
    holes = findHoles(records, from, settledTo)
  }
  return { records, gaps: holes, to: settledTo }
}
