import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installDebianPackages, whyNotInstallable } from '../debian-packages.ts'
import { runToEnd } from '../run-to-end.ts'

const debianFolder = '/usr/lib/postgresql'

/** Where Debian's package, or whoever set the path, has the server's programs; undefined when there are none. */
async function findFolder(): Promise<string | undefined> {
  const versions = await readdir(debianFolder).catch(() => [] as string[])
  const folders = versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(debianFolder, version, 'bin'))
  for (const folder of [...folders, ...(process.env.PATH ?? '').split(':').filter(Boolean)]) {
    if ((await exists(join(folder, 'initdb'))) && (await exists(join(folder, 'postgres')))) return folder
  }
  return undefined
}

const exists = (path: string) => stat(path).then(() => true, () => false)

/** Whether a PostgreSQL server can be started on this machine: it is there, or this process may install Debian's. The reason is one line. */
export async function postgresAvailable(): Promise<{ ok: true } | { ok: false; reason: string }> {
  if (process.platform === 'win32') return { ok: false, reason: 'PostgreSQL is started on Linux and macOS only' }
  if (await findFolder()) return { ok: true }
  const reason = await whyNotInstallable(['postgresql'])
  return reason === undefined ? { ok: true } : { ok: false, reason }
}

/** The folder with `initdb`, `postgres` and `psql`; installs Debian's server when there is none and this process is root. */
export async function postgresPrograms(): Promise<string> {
  const found = await findFolder()
  if (found) return found
  // Debian's package starts a server of its own at once unless this says otherwise.
  await mkdir('/etc/postgresql-common', { recursive: true })
  const settings = '/etc/postgresql-common/createcluster.conf'
  if (!(await exists(settings))) await writeFile(settings, 'create_main_cluster = false\n')
  await installDebianPackages(['postgresql'])
  const installed = await findFolder()
  if (installed) return installed
  throw new Error(`Debian's postgresql has been installed, but there is no server below ${debianFolder}`)
}

/** `15.18`: of the server that would be started. */
export async function postgresVersion(): Promise<string> {
  const { output } = await runToEnd(join(await postgresPrograms(), 'postgres'), ['--version'])
  return /\d+(\.\d+)+/.exec(output)?.[0] ?? output.trim()
}
