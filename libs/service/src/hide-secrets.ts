import type { Environment } from './load-config.ts'

const secretName = /(^|_)(PASSWORD|PASSWD|TOKEN|SECRET|SECRET_KEY|ACCESS_KEY|API_KEY|CREDENTIALS)$|^FEED_SECRET_/
/** Addresses that are secrets as a whole. */
const secretAddresses = new Set(['ALERT_WEBHOOK_URL'])
/** Shorter ones would be found in every second line. */
const leastLength = 6

/** The values of an environment that no log may show: of variables named like secrets, and passwords within addresses. */
export function secretValues(env: Environment): string[] {
  const values = Object.entries(env).flatMap(([name, value = '']) => (secretName.test(name) || secretAddresses.has(name) ? [value] : passwordsOf(value)))
  return [...new Set(values)].filter((value) => value.length >= leastLength).sort((a, b) => b.length - a.length)
}

function passwordsOf(text: string): string[] {
  if (!text.includes('://') || !URL.canParse(text)) return []
  const { password } = new URL(text)
  return [password, decode(password)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What secrets look like wherever they come from. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/(:\/\/)[^\s/"'@:]*:[^\s/"'@]*@/g, '$1[hidden]@'],
  [/\b(Bearer|Basic) +[\w.~+/=-]{6,}/gi, '$1 [hidden]'],
  [/\bstf_[\w-]{16,}/g, '[hidden]'],
  [/\beyJ[\w-]{6,}\.[\w-]+\.[\w-]*/g, '[hidden]'],
  [/([?&](?:access_token|api_?key|apikey|key|password|secret|signature|token)=)[^&\s"'\\]+/gi, '$1[hidden]'],
]

/** A line of a log without secrets: the values given, as they are and as JSON and addresses write them, and whatever looks like one. */
export function hideSecrets(values: readonly string[]): (line: string) => string {
  const written = [...new Set(values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]))]
  return (line) => {
    const without = written.reduce((text, value) => text.replaceAll(value, '[hidden]'), line)
    return shapes.reduce((text, [shape, instead]) => text.replace(shape, instead), without)
  }
}
