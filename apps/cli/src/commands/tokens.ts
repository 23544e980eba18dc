import { randomBytes } from 'node:crypto'
import { sha256, tokenText } from '@streamforge/access'
import { Role, StreamForgeError, type ApiToken } from '@streamforge/contracts'
import { connectApi, type ConnectionOptions } from '../connection.ts'
import { notice, print, printJson } from '../output.ts'
import { renderTable } from '../render/table.ts'

/** A token for a program. It alone goes to standard output, so that a script can keep it. */
export async function createToken(options: ConnectionOptions & { role: string; days: number; json?: boolean }, name?: string): Promise<number> {
  const role = Role.safeParse(options.role)
  if (!role.success) throw new StreamForgeError('BAD_REQUEST', `'${options.role}' is no role`, { remedy: `one of ${Role.options.join(', ')}` })
  const created = await (await connectApi(options)).createToken({ name: name!, role: role.data, expires_in_days: options.days })
  if (options.json) printJson(created)
  else {
    print(created.token)
    notice(`${created.token_id} for '${created.name}', ${created.role} until ${day(created.expires_at)}; it is not shown again`)
  }
  return 0
}

export async function listTokens(options: ConnectionOptions & { json?: boolean }): Promise<number> {
  const { tokens } = await (await connectApi(options)).tokens()
  if (options.json) printJson(tokens)
  else if (!tokens.length) print("no tokens yet; 'streamforge token create <name> --role viewer' makes one")
  else print(renderTable(tokens, [
    { title: 'token', value: (t) => t.token_id },
    { title: 'name', value: (t) => t.name },
    { title: 'role', value: (t) => t.role },
    { title: 'state', value: (t) => state(t, Date.now()) },
    { title: 'last used', value: (t) => (t.last_used_at === undefined ? 'never' : minute(t.last_used_at)) },
    { title: 'made by', value: (t) => t.created_by },
  ]))
  return 0
}

export async function revokeToken(options: ConnectionOptions, id?: string): Promise<number> {
  const revoked = await (await connectApi(options)).revokeToken(id!)
  print(`${revoked.token_id} ('${revoked.name}') is refused from now on`)
  return 0
}

/** A token that nobody knows yet, and the hash by which a deployment recognises it. */
export async function newToken({ json = false }: { json?: boolean }): Promise<number> {
  const token = tokenText(randomBytes(32))
  if (json) printJson({ token, sha256: sha256(token) })
  else print(`STREAMFORGE_TOKEN=${token}\nAPI_TOKEN_SHA256=${sha256(token)}`)
  return 0
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const minute = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
const state = ({ revoked_at: revoked, expires_at: expires }: ApiToken, now: number) =>
  revoked !== undefined ? `revoked ${day(revoked)}` : expires <= now ? `expired ${day(expires)}` : `until ${day(expires)}`
