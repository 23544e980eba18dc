import { readFile } from 'node:fs/promises'
import type { KeycloakRealm } from '@streamforge/servers'

const realmFile = new URL('../../../../k8s/dependencies/keycloak/realm.json', import.meta.url)

/** The realm that ships, for a dashboard at `siteUrl`, with people in it and programs that get tokens without a browser. For tests. */
export async function realmWithPeople({ siteUrl, password, secret }: { siteUrl: string; password: string; secret: string }): Promise<KeycloakRealm> {
  const realm = JSON.parse(await readFile(realmFile, 'utf8')) as KeycloakRealm & { clients: { clientId: string }[] }
  const person = (username: string, realmRoles: string[]) => ({
    username, enabled: true, email: `${username}@example.org`, emailVerified: true, firstName: username, lastName: 'Example', realmRoles, credentials: [{ type: 'password', value: password }],
  })
  const program = (clientId: string, defaultClientScopes: string[]) => ({
    clientId, secret, enabled: true, publicClient: false, standardFlowEnabled: false, serviceAccountsEnabled: true, defaultClientScopes,
  })
  const account = (clientId: string, role: string) => ({ username: `service-account-${clientId}`, enabled: true, serviceAccountClientId: clientId, realmRoles: [role] })
  return {
    ...realm,
    clients: [
      ...realm.clients.map((client) => (client.clientId === 'streamforge-dashboard' ? { ...client, redirectUris: [`${siteUrl}/*`] } : client)),
      program('program', ['streamforge']), program('operating', ['streamforge']), program('elsewhere', []),
    ],
    users: [person('ada', ['operator']), person('eve', []), account('program', 'admin'), account('operating', 'operator'), account('elsewhere', 'admin')],
  }
}

/** A browser without a screen: follows nothing by itself, and keeps cookies by site. */
export function cookieJar() {
  const sites = new Map<string, Map<string, string>>()
  const of = (url: string) => sites.get(new URL(url).host) ?? sites.set(new URL(url).host, new Map()).get(new URL(url).host)!
  return {
    of,
    async visit(url: string, init: RequestInit = {}): Promise<Response> {
      const cookie = [...of(url)].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(url, { redirect: 'manual', ...init, headers: { ...init.headers as Record<string, string>, ...(cookie && { cookie }) } })
      for (const given of response.headers.getSetCookie()) {
        const [name, value] = given.split(';', 1)[0]!.split(/=(.*)/s) as [string, string]
        if (value === '' || /max-age=0(;|$)/i.test(given)) of(url).delete(name)
        else of(url).set(name, value)
      }
      return response
    },
  }
}
export type CookieJar = ReturnType<typeof cookieJar>

/** Types name and password into the issuer's page; resolves with where it sends the browser. */
export async function logInAtKeycloak(jar: CookieJar, page: string, username: string, password: string): Promise<string> {
  const form = await (await jar.visit(page)).text()
  const action = /<form[^>]+action="([^"]+)"/.exec(form)?.[1]?.replaceAll('&amp;', '&')
  if (action === undefined) throw new Error(`Keycloak shows no form to sign in: ${form.slice(0, 500)}`)
  const answer = await jar.visit(action, { method: 'POST', body: new URLSearchParams({ username, password, credentialId: '' }) })
  const location = answer.headers.get('location')
  if (location === null) throw new Error(`Keycloak let ${username} not in: ${answer.status} ${(await answer.text()).slice(0, 500)}`)
  return location
}
