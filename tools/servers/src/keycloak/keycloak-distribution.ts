import { cp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runToEnd, whyNotRunnable } from '../run-to-end.ts'
import { cachedFolder, cachedServer } from '../server-cache.ts'

export const keycloakVersion = '26.4.0'

export const keycloakFolderName = `keycloak-${keycloakVersion}`

/** Whether a Keycloak can be started on this machine without downloading it first; the reason is one line. */
export async function keycloakAvailable(): Promise<{ ok: true } | { ok: false; reason: string }> {
  const reason = await whyNotRunnable('java', ['-version'])
  return reason === undefined ? cachedServer('Keycloak', 'keycloak', keycloakFolderName) : { ok: false, reason }
}

/** Its distribution, unpacked; from Maven Central on first use (160 MB). */
const distribution = () => cachedFolder(keycloakFolderName, async (folder) => {
  const artifact = `org.keycloak:keycloak-quarkus-dist:${keycloakVersion}:zip`
  const maven = await runToEnd('mvn', ['-B', '-q', 'dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`], { cwd: folder })
  const [unpacked] = (await readdir(folder)).filter((name) => name.startsWith('keycloak-'))
  if (maven.status !== 0 || unpacked === undefined) throw new Error(`Maven could not download Keycloak ${keycloakVersion}: ${maven.output.slice(-2000)}`)
  for (const name of await readdir(join(folder, unpacked))) await rename(join(folder, unpacked, name), join(folder, name))
  await rm(join(folder, unpacked), { recursive: true })
})

/**
 * A home of its own for one Keycloak: it writes its data and a build of itself there. Of the distribution only the libraries, nearly all of it, are shared.
 */
export async function keycloakHome(home: string): Promise<void> {
  const complete = join(home, `.complete-${keycloakVersion}`)
  if (await stat(complete).then(() => true, () => false)) return
  const shared = await distribution()
  const libraries = join(shared, 'lib', 'lib')
  await cp(shared, home, { recursive: true, filter: (source) => source !== libraries })
  await rm(join(home, 'lib', 'lib'), { force: true })
  await symlink(libraries, join(home, 'lib', 'lib'))
  await writeFile(complete, '')
}
