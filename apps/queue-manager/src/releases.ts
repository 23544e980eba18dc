import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { Release, type CanaryApp } from '@streamforge/contracts'
import { nodeCommand, type Program } from '@streamforge/launcher'
import { lookNowAndThen } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'

export const releasesCollection = 'releases'

export interface Releases {
  /** That jobs of an app are launched with; undefined: IMAGE_VERSION. */
  versionOf(app: string): string | undefined
  close(): Promise<void>
}

export interface ReleasesOptions {
  store: Store
  log: Pick<Logger, 'info' | 'error' | 'warn'>
  pollMs: number
  /** What runs for each app on this machine, kept in step; absent: jobs are images. */
  local?: { programs: Record<string, Program>; folder: string | undefined }
}

/**
 * Follows which versions of consumers have been promoted. On this machine a version is a checkout in RELEASES_DIR, named like it; one that is
 * not there is not used, and the log says so: what is stored names no path.
 */
export async function followReleases({ store, log, pollMs, local }: ReleasesOptions): Promise<Releases> {
  const versions = new Map<string, string>()
  const refused = new Map<string, string>()
  await store.ensureCollection(releasesCollection)

  const use = async ({ app, version }: Release) => {
    if (versions.get(app) === version || refused.get(app) === version) return
    if (local) {
      const script = await localScript(local.folder, app, version)
      if (script === undefined) {
        refused.set(app, version)
        log.error({ app, version, folder: local.folder }, 'a promoted version is not in RELEASES_DIR; jobs go on with the one before')
        return
      }
      local.programs[app] = { command: nodeCommand(script) }
    }
    versions.set(app, version)
    log.info({ app, version }, 'jobs are launched with a promoted version')
  }
  const look = async () => {
    for (const document of await store.find(releasesCollection)) {
      const release = Release.safeParse(document)
      if (release.success) await use(release.data)
    }
  }
  await look()
  const following = lookNowAndThen({ look, everyMs: pollMs, onFailure: (err) => log.warn({ err }, 'releases could not be read; trying again') })
  return { versionOf: (app) => versions.get(app), close: following.close }
}

async function localScript(folder: string | undefined, app: CanaryApp, version: string): Promise<string | undefined> {
  if (folder === undefined) return undefined
  const script = join(folder, version, 'apps', app, 'src/main.ts')
  return access(script).then(() => script, () => undefined)
}
