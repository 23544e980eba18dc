import { catalog, serverNames } from './catalog.ts'
import { isRunning, memoryOfSession } from '../process-identity.ts'
import type { ServersFolder } from './servers-folder.ts'

export type ServerStatus = {
  server: string
  version: string
  address: string
  pid: string
  memory: string
  'up since': string
  log: string
}

/** One row a server that was started and not stopped. */
export async function status(folder: ServersFolder): Promise<ServerStatus[]> {
  const records = await folder.records()
  const started = serverNames.filter((name) => records[name])
  return Promise.all(started.map(async (name) => {
    const record = records[name]!
    const runs = await isRunning(record)
    return {
      server: name, version: record.version, address: `${record.host}:${record.port}`,
      pid: runs ? String(record.pid) : 'gone', memory: runs ? memoryText(await memoryOfSession(record.pid)) : '-',
      'up since': runs ? timeText(record.since) : '-', log: record.logFile,
    }
  }))
}

export const memoryText = (bytes: number | undefined) => (bytes === undefined ? '?' : `${Math.round(bytes / 2 ** 20)} MiB`)
export const timeText = (since: number) => new Date(since).toISOString().slice(0, 19).replace('T', ' ')

/** What services need in their environment to use the servers that run. */
export async function environment(folder: ServersFolder): Promise<Record<string, string>> {
  const [records, secrets] = [await folder.records(), await folder.secrets()]
  const variables: Record<string, string> = {}
  for (const name of serverNames) {
    const record = records[name]
    if (!record || !(await isRunning(record))) continue
    Object.assign(variables, catalog[name].environment({
      host: record.host, port: record.port, secrets, directory: await folder.directoryOf(name), kafkaAccess: record.security ?? 'plain',
    }))
  }
  return variables
}

/** Lines for a shell's `eval`. */
export const exports = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`).join('')

/** Columns as wide as their longest entry. */
export function table(rows: readonly Readonly<Record<string, string>>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column]!.length)))
  const line = (cells: readonly string[]) => `${cells.map((cell, index) => cell.padEnd(widths[index]!)).join('  ').trimEnd()}\n`
  return [columns, ...rows.map((row) => columns.map((column) => row[column]!))].map(line).join('')
}

