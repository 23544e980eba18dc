import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { serverDirectory } from '../server-directory.ts'
import { answers, runServer, type RunningServer, type ServerProcess } from '../start-server.ts'
import { keycloakHome } from './keycloak-distribution.ts'

/** A realm as Keycloak exports it: everything is optional but its name. */
export interface KeycloakRealm {
  readonly realm: string
  readonly [field: string]: unknown
}

export interface KeycloakServer extends RunningServer {
  readonly url: string
  /** Of the user `admin` of the realm `master`. */
  readonly adminPassword: string
  /** The issuer of a realm's tokens. */
  issuer(realm: string): string
}

export interface KeycloakOptions {
  /** 0 or undefined takes a free one. */
  port?: number
  /** Address that it listens on; default 127.0.0.1. */
  host?: string
  /** Where its data and keycloak.log go; default: a temporary folder, removed by stop(). An existing one is continued, with its realms and password. */
  directory?: string
  /** Made at the start if they are not there. */
  realms?: readonly KeycloakRealm[]
  /** Default: a random one. */
  adminPassword?: string
  log?: (line: string) => void
}

/** Starts a Keycloak in its development mode (plain HTTP, a database in files) on this machine; resolves when it answers. Needs Java and Maven. */
export async function startKeycloak(options: KeycloakOptions = {}): Promise<KeycloakServer> {
  const { directory, remove } = await serverDirectory('keycloak-server-', options.directory)
  const host = options.host ?? '127.0.0.1'
  const url = `http://${host}:${options.port || (await freePort(host))}`
  const adminPassword = options.adminPassword ?? randomBytes(24).toString('hex')
  const server = await runServer(keycloakProcess({ url, directory, adminPassword, realms: options.realms ?? [] }), remove)
  options.log?.(`Keycloak listens on ${url}, process ${server.pid}`)
  return Object.assign(server, { url, adminPassword, issuer: (realm: string) => `${url}/realms/${realm}` })
}

interface Placed { url: string; directory: string; adminPassword: string; realms: readonly KeycloakRealm[] }

/** How it is started with its data in `directory`. */
export async function keycloakProcess({ url, directory, adminPassword, realms }: Placed): Promise<ServerProcess> {
  const { hostname, port } = new URL(url)
  const home = join(directory, 'home')
  await keycloakHome(home)
  const imported = join(home, 'data', 'import')
  await mkdir(imported, { recursive: true })
  for (const realm of realms) await writeFile(join(imported, `${realm.realm}.json`), JSON.stringify(realm), { mode: 0o600 })
  return {
    title: 'Keycloak',
    program: 'sh',
    args: [join(home, 'bin', 'kc.sh'), 'start-dev', '--import-realm'],
    env: {
      KC_HTTP_HOST: hostname, KC_HTTP_PORT: port, KC_HOSTNAME: url, KC_LOG_LEVEL: 'warn',
      KC_BOOTSTRAP_ADMIN_USERNAME: 'admin', KC_BOOTSTRAP_ADMIN_PASSWORD: adminPassword,
      JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx384m',
    },
    logFile: join(directory, 'keycloak.log'),
    isReady: () => answers(`${url}/realms/${realms.at(-1)?.realm ?? 'master'}/.well-known/openid-configuration`),
    // At the first start it builds itself and makes its database: twenty seconds on an idle machine, minutes on a busy one.
    readyWithinMs: 600_000,
  }
}
