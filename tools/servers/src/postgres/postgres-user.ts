import { chown } from 'node:fs/promises'
import { installDebianPackages } from '../debian-packages.ts'
import { runToEnd } from '../run-to-end.ts'

/** The server refuses to run as root: then the user of Debian's package runs it. */
export interface PostgresUser {
  /** The program and the arguments that run `command` as that user. */
  as(program: string, args: readonly string[]): [string, string[]]
  /** Gives a file or folder to that user. */
  own(path: string): Promise<void>
}

export async function postgresUser(): Promise<PostgresUser> {
  if (process.getuid?.() !== 0) return { as: (program, args) => [program, [...args]], own: async () => {} }
  const [uid, gid] = [await idOf('-u'), await idOf('-g')]
  return {
    as: (program, args) => ['setpriv', [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', program, ...args]],
    own: (path) => chown(path, uid, gid),
  }
}

async function idOf(option: '-u' | '-g'): Promise<number> {
  const ask = () => runToEnd('id', [option, 'postgres'])
  let { status, output } = await ask()
  if (status !== 0) {
    // Whoever installed the server by other means than Debian's package may not have its user.
    await installDebianPackages(['adduser'])
    await runToEnd('adduser', ['--system', '--group', '--no-create-home', '--home', '/nonexistent', 'postgres'])
    ;({ status, output } = await ask())
  }
  if (status !== 0) throw new Error(`PostgreSQL does not run as root, and there is no user 'postgres' on this machine: ${output.trim()}`)
  return Number(output)
}
