import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FeedEntry, StreamForgeError } from '@streamforge/contracts'

export interface SecretPlaces {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder of secrets that are files, as Kubernetes mounts them. */
  readonly directory: string | undefined
}

/** Reads what `auth` refers to, anew each time: a secret that was replaced is used at once. @throws StreamForgeError FEED_SECRET_MISSING */
export async function readSecret(auth: NonNullable<FeedEntry['auth']>, { env, directory }: SecretPlaces): Promise<string> {
  const { secret } = auth
  const place = 'env' in secret ? `the variable ${secret.env}` : `the file ${secret.file} of FEED_SECRETS_DIR`
  const value = 'env' in secret ? env[secret.env]
    : directory === undefined ? undefined : await readFile(join(directory, secret.file), 'utf8').catch(() => undefined)
  const trimmed = value?.trim()
  if (trimmed) return trimmed
  throw new StreamForgeError('FEED_SECRET_MISSING', `${place} is missing or empty`, { remedy: 'set it where feed-fetcher runs; feed.yaml only names it' })
}
