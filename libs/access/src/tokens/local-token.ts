import { chmod, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StreamForgeError } from '@streamforge/contracts'
import { isApiToken, tokenText } from './token-text.ts'

/** Of this installation: whoever may read the data folder may do everything. */
export const localTokenFile = (dataDir: string): string => join(dataDir, 'api-token')

/**
 * The token in the data folder, made where there is none; readable by its owner only (mode 0600), also when it was not before.
 * @param randomBytes so many random bytes
 * @throws StreamForgeError BAD_CONFIG when the file holds anything else
 */
export async function ensureLocalToken(dataDir: string, randomBytes: (count: number) => Uint8Array): Promise<string> {
  const path = localTokenFile(dataDir)
  await mkdir(dataDir, { recursive: true })
  const known = await readLocalToken(dataDir)
  if (known !== undefined) {
    if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600)
    return known
  }
  const written = `${path}.${process.pid}.${Buffer.from(randomBytes(4)).toString('hex')}`
  await writeFile(written, `${tokenText(randomBytes(32))}\n`, { mode: 0o600, flag: 'wx' })
  // Of two that start at once one makes it, and both use that one: a link is refused where there is a file.
  await link(written, path).catch((error: NodeJS.ErrnoException) => { if (error.code !== 'EEXIST') throw error })
  await rm(written)
  return (await readLocalToken(dataDir))!
}

/** Undefined where there is none. @throws StreamForgeError BAD_CONFIG when the file holds anything else */
export async function readLocalToken(dataDir: string): Promise<string | undefined> {
  const path = localTokenFile(dataDir)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const token = text?.trim()
  if (token === undefined || isApiToken(token)) return token
  throw new StreamForgeError('BAD_CONFIG', `${path} holds no token`, { remedy: 'delete it: queue-manager makes another at its next start' })
}
