import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keycloakAvailable, keycloakVersion } from './keycloak-distribution.ts'
import { type KeycloakRealm, type KeycloakServer, startKeycloak } from './keycloak.ts'

const available = await keycloakAvailable()
const skipped = available.ok ? '' : ` (skipped: ${available.reason})`
const realmFile = new URL('../../../../k8s/dependencies/keycloak/realm.json', import.meta.url)

/** The realm that ships, with a program that has an account beside its clients: no browser is needed to get a token. */
async function realmWithProgram(secret: string): Promise<KeycloakRealm> {
  const realm = JSON.parse(await readFile(realmFile, 'utf8')) as KeycloakRealm & { clients: object[] }
  const program = {
    clientId: 'program', secret, enabled: true, publicClient: false, standardFlowEnabled: false, serviceAccountsEnabled: true,
    defaultClientScopes: ['streamforge'],
  }
  const account = { username: 'service-account-program', enabled: true, serviceAccountClientId: 'program', realmRoles: ['operator'] }
  return { ...realm, clients: [...realm.clients, program], users: [account] }
}

describe.skipIf(!available.ok)(`a real Keycloak ${keycloakVersion}${skipped}`, () => {
  let server: KeycloakServer
  beforeAll(async () => { server = await startKeycloak({ realms: [await realmWithProgram('the-programs-own')] }) })
  afterAll(() => server?.stop())

  const token = async (realm: string, form: Record<string, string>) => {
    const response = await fetch(`${server.issuer(realm)}/protocol/openid-connect/token`, { method: 'POST', body: new URLSearchParams(form) })
    return { status: response.status, body: await response.json() as { access_token: string } }
  }
  const claims = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>

  it('gives tokens of the realm that ships, with issuer, audience and roles', async () => {
    const { body } = await token('streamforge', { grant_type: 'client_credentials', client_id: 'program', client_secret: 'the-programs-own' })
    expect(claims(body.access_token)).toMatchObject({
      iss: server.issuer('streamforge'), aud: 'streamforge', azp: 'program', sub: expect.any(String), preferred_username: 'service-account-program', roles: expect.arrayContaining(['operator', 'viewer']),
    })
    expect(claims(body.access_token).roles).not.toContain('admin')
  })

  it('gives none for a wrong secret, nor for a password alone at the clients that ship', async () => {
    expect((await token('streamforge', { grant_type: 'client_credentials', client_id: 'program', client_secret: 'wrong' })).status).toBe(401)
    const { status } = await token('streamforge', { grant_type: 'password', client_id: 'streamforge-dashboard', username: 'a', password: 'b' })
    expect(status).toBe(400)
  })

  it('lets its administrator in', async () => {
    const { status } = await token('master', { grant_type: 'password', client_id: 'admin-cli', username: 'admin', password: server.adminPassword })
    expect(status).toBe(200)
  })
})
