/** Rows of a CSV text (RFC 4180): quoted fields may hold commas, line ends and doubled quotes. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  // A field, then what ends it: a comma, a line end, or the end of the text.
  const fields = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/gy
  fields.lastIndex = text.startsWith('\uFEFF') ? 1 : 0
  while (fields.lastIndex < text.length) {
    const match = fields.exec(text)
    if (!match) break
    row.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'))
    if (match[3] === ',') continue
    rows.push(row)
    row = []
  }
  if (row.length > 0) rows.push(row)
  return rows
}
