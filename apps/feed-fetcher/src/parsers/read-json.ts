import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'

/** A number, or a text that is one; sources use both. Empty texts, `None` and null count as absent. */
export const Amount = z.preprocess(
  (value) => typeof value === 'string' ? (/^\s*(none|null|-|)\s*$/i.test(value) ? undefined : Number(value)) : value ?? undefined,
  z.number().optional(),
)

/** @throws StreamForgeError FEED_BAD_ANSWER */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new StreamForgeError('FEED_BAD_ANSWER', 'the answer is not JSON', { cause })
  }
}

/** @throws StreamForgeError FEED_BAD_ANSWER, saying what of the documented form is not there */
export function readShape<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw new StreamForgeError('FEED_BAD_ANSWER', `the answer does not have the documented form: ${path.join('.') || 'the whole'}: ${message}`)
}
