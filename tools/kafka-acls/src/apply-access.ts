import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectBus, ensureTopics, openKafkaAccess, type KafkaConnection } from '@streamforge/bus'
import { busAccess } from '@streamforge/contracts'

export interface AppliedAccess {
  user: string
  /** Whether its password was made now. */
  made: boolean
  /** Rows of the access control list that came and went. */
  added: number
  removed: number
}

/**
 * Makes the fixed topics, a user for each service with a password of its own, and lets each do what the catalog says and nothing else. Again, it
 * changes only what is not so.
 * @param admin a connection of somebody who may do everything
 * @param directory gets one file a user with its password, readable by the owner only; passwords that are there are used again
 * @throws StreamForgeError BUS_UNAVAILABLE, BAD_CONFIG
 */
export async function applyAccess(admin: KafkaConnection, directory: string): Promise<AppliedAccess[]> {
  await makeTopics(admin)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const access = await openKafkaAccess(admin)
  try {
    const applied: AppliedAccess[] = []
    for (const [user, rules] of Object.entries(busAccess())) {
      const { password, made } = await passwordOf(join(directory, user))
      await access.setPassword(user, password)
      applied.push({ user, made, ...await access.setRules(user, rules) })
    }
    return applied
  } finally {
    await access.close()
  }
}

async function makeTopics(admin: KafkaConnection): Promise<void> {
  const bus = await connectBus({ kind: 'kafka', ...admin, brokers: [...admin.brokers] })
  await ensureTopics(bus).finally(() => bus.close())
}

async function passwordOf(file: string): Promise<{ password: string; made: boolean }> {
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return ''
  })
  if (known.trim() !== '') return { password: known.trim(), made: false }
  const password = randomBytes(24).toString('base64url')
  await writeFile(file, password, { mode: 0o600 })
  return { password, made: true }
}
