import { createHash } from 'node:crypto'

export interface Comparison {
  rows: number
  equal: boolean
  /** Where they differ first: the line's number from 1 and both lines. */
  difference?: { row: number; source: string | undefined; stored: string | undefined }
  /** Over the source's lines, as a certificate has it. */
  checksum: string
}

/** Compares two sequences of canonical lines row by row, holding one page of each in memory. */
export async function compareLines(source: AsyncIterable<readonly string[]>, stored: AsyncIterable<readonly string[]>): Promise<Comparison> {
  const hash = createHash('sha256')
  const other = lines(stored)
  let rows = 0
  let difference: Comparison['difference']
  for await (const page of source) {
    for (const line of page) {
      rows++
      if (difference) continue
      const next = await other.next()
      const got = next.done ? undefined : next.value
      if (got !== line) difference = { row: rows, source: line, stored: got }
    }
    if (page.length) hash.update(`${page.join('\n')}\n`)
  }
  if (!difference) {
    const surplus = await other.next()
    if (!surplus.done) difference = { row: rows + 1, source: undefined, stored: surplus.value }
  }
  await other.return(undefined)
  return { rows, equal: !difference, ...(difference && { difference }), checksum: `sha256:${hash.digest('hex')}` }
}

async function* lines(pages: AsyncIterable<readonly string[]>): AsyncGenerator<string, undefined> {
  for await (const page of pages) yield* page
  return undefined
}
