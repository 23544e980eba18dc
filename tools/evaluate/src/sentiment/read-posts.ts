import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

/** A post with what its readers found in it. */
export interface LabelledPost {
  text: string
  /** True: bullish; false: bearish. */
  bullish: boolean
}

/** Posts of StockEmotions (Lee et al. 2023), a packed CSV file with the columns `senti_label` and `original`. */
export async function readPosts(file: string): Promise<LabelledPost[]> {
  const [head = [], ...rows] = parseCsv((await promisify(gunzip)(await readFile(file))).toString('utf8'))
  const [label, text] = [head.indexOf('senti_label'), head.indexOf('original')]
  if (label < 0 || text < 0) throw new Error(`${file} has no columns senti_label and original, but ${head.join(', ')}`)
  return rows.map((row) => ({ text: row[text]!, bullish: row[label] === 'bullish' }))
}

/** Rows of a comma-separated text whose values may stand in quotes, with commas, line ends and doubled quotes in them (RFC 4180). */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n\r"]*))(,|\r?\n|$)/g)) {
    rows.at(-1)!.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'))
    if (end !== ',') rows.push([])
  }
  return rows.filter((row) => row.length > 1 || (row[0] ?? '') !== '')
}
