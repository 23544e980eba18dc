/** What a Flux query names: its measurements, fields and the other columns that it compares. */
export function readFlux(query: string): { measurements: string[]; fields: string[]; tags: string[] } {
  const equal = (column: string) => [...query.matchAll(new RegExp(`r\\.${column}\\s*==\\s*"([^"]+)"`, 'g'))].map((match) => match[1]!)
  const compared = [...query.matchAll(/r\.([a-z_]+)\s*(?:==|=~|!=|!~)/g)].map((match) => match[1]!)
  const grouped = [...query.matchAll(/columns: \[([^\]]*)\]/g)].flatMap((match) => [...match[1]!.matchAll(/"([^"]+)"/g)].map((name) => name[1]!))
  const listed = [...query.matchAll(/\btag: "([^"]+)"/g)].map((match) => match[1]!)
  return {
    measurements: equal('_measurement'), fields: equal('_field'),
    tags: [...new Set([...compared, ...grouped, ...listed])].filter((column) => !column.startsWith('_')),
  }
}
