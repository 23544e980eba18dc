import { StreamForgeError } from '@streamforge/contracts'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'

type Environment = Readonly<Record<string, string | undefined>>

const TargetName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "expected lower-case letters, digits and '-', such as cluster")
const TargetUrl = z.url({ protocol: /^https?$/, error: 'expected an http or https address' })

/** Platforms by name, each by its queue-manager's address. */
export const Targets = z.record(TargetName, z.strictObject({ url: TargetUrl }))
export type Targets = z.infer<typeof Targets>

/** This machine's own platform: the one that runs in the data directory. */
export const laptop = 'laptop'

/** `~/.config/streamforge/targets.json`, or as XDG_CONFIG_HOME says. */
export const targetsFile = (env: Environment) => join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'streamforge', 'targets.json')

/** @throws StreamForgeError BAD_CONFIG when the file holds anything else */
export async function readTargets(file: string): Promise<Targets> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  const parsed = Targets.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new StreamForgeError('BAD_CONFIG', `${file} holds no targets: ${z.prettifyError(parsed.error)}`, { remedy: "mend it, or delete it and use 'streamforge target set'" })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `STREAMFORGE_RASPBERRY_PI_URL` for the target raspberry-pi. */
export const targetVariable = (name: string, what: 'URL' | 'TOKEN') => `STREAMFORGE_${name.toUpperCase().replaceAll('-', '_')}_${what}`

/** @throws StreamForgeError BAD_REQUEST for a name or address that is none */
export async function saveTarget(file: string, name: string, url: string): Promise<void> {
  const entry = Targets.safeParse({ [name]: { url } })
  if (!entry.success || name === laptop) {
    const why = entry.success ? `'${laptop}' is this machine` : z.prettifyError(entry.error)
    throw new StreamForgeError('BAD_REQUEST', `'${name}' cannot be set to '${url}': ${why}`, { remedy: 'for example: streamforge target set cluster http://queue-manager.example:8080' })
  }
  const targets = { ...await readTargets(file), ...entry.data }
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.${process.pid}.tmp`, `${JSON.stringify(targets, undefined, 2)}\n`)
  await rename(`${file}.${process.pid}.tmp`, file)
}

/**
 * The address of a target: STREAMFORGE_CLUSTER_URL for `cluster` (and so on), otherwise as it was set. Undefined for `laptop`.
 * @throws StreamForgeError NOT_FOUND naming those that are known
 */
export async function targetUrl(name: string, env: Environment, file = targetsFile(env)): Promise<string | undefined> {
  if (name === laptop) return undefined
  const variable = targetVariable(name, 'URL')
  const given = env[variable]
  if (given) return given
  const targets = await readTargets(file)
  const known = Object.hasOwn(targets, name) ? targets[name] : undefined
  if (known) return known.url
  throw new StreamForgeError('NOT_FOUND', `there is no target '${name}'; known are ${[laptop, ...Object.keys(targets)].join(', ')}`, {
    remedy: `streamforge target set ${name} http://..., or set ${variable}`,
  })
}
