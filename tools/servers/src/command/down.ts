import { catalog, type ServerName, serverNames } from './catalog.ts'
import { stopDetached } from './detached.ts'
import type { ServersFolder } from './servers-folder.ts'

/** Stops the servers, and those that need them, the last one started first. */
export async function down(names: readonly ServerName[], { folder, say }: { folder: ServersFolder; say: (line: string) => void }): Promise<void> {
  const records = await folder.records()
  for (const name of withDependents(names).toReversed()) {
    const record = records[name]
    if (!record) continue
    const how = await stopDetached(record, record.stopSignal)
    await folder.record(name, undefined)
    say(`${name.padEnd(10)} ${how === 'killed' ? 'did not stop in time and was killed' : how}`)
  }
}

/** The servers and those that cannot run without them, in the order of starting. */
export function withDependents(names: readonly ServerName[]): ServerName[] {
  return serverNames.filter((name) => names.includes(name) || catalog[name].needs.some((needed) => names.includes(needed)))
}
