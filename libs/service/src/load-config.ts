import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'
import { type BaseConfig, baseShape, requiredWith } from './base-config.ts'

export type Environment = Readonly<Record<string, string | undefined>>
/** A service's own variables: a zod object, or its shape, with the variables' names as keys. */
export type ConfigShape = z.ZodRawShape | z.ZodObject
export type ConfigOf<Shape extends ConfigShape> = BaseConfig & (Shape extends z.ZodObject ? z.infer<Shape>
  : Shape extends z.ZodRawShape ? z.infer<z.ZodObject<Shape>> : never)

/**
 * Reads a service's configuration; empty variables count as absent.
 * @throws StreamForgeError BAD_CONFIG naming every variable that is missing or wrong, and what is expected; never a value
 */
export function loadConfig<Shape extends ConfigShape>(shape: Shape, env: Environment): ConfigOf<Shape> {
  const own = shape instanceof z.ZodObject ? shape.shape as z.ZodRawShape : shape as z.ZodRawShape
  const schema = z.object({ ...baseShape, ...own })
  const given = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, env[name]?.trim() || undefined]))
  const parsed = schema.safeParse(given)
  if (!parsed.success) throw badConfig(parsed.error.issues.map((issue) => explain(issue, given, schema.shape)))
  const config = parsed.data as unknown as ConfigOf<Shape>
  const missing = missingVariables(config)
  if (missing.length > 0) throw badConfig(missing)
  return config
}

function missingVariables(config: BaseConfig): string[] {
  return requiredWith.flatMap(({ when, because, needs }) =>
    when(config) ? needs.filter((name) => config[name] === undefined)
      .map((name) => `${name} is missing (${because}), expected ${baseShape[name].description}`) : [])
}

function explain(issue: z.core.$ZodIssue, given: Record<string, string | undefined>, shape: z.ZodRawShape): string {
  const name = String(issue.path[0] ?? 'the environment')
  const expected = z.globalRegistry.get(shape[name] as z.ZodType)?.description ?? issue.message
  return `${name} is ${valueClass(given[name])}, expected ${expected}`
}

/** What kind of value a variable has, without showing it: it may be a secret put into the wrong variable. */
function valueClass(value: string | undefined): string {
  if (value === undefined) return 'missing'
  if (/^-?\d+(\.\d+)?$/.test(value)) return 'a number that does not fit'
  return `text of ${value.length} characters that does not fit`
}

function badConfig(problems: string[]): StreamForgeError {
  return new StreamForgeError('BAD_CONFIG', `the environment is not right: ${problems.join('; ')}`, {
    remedy: 'docs/ARCHITECTURE.md lists the variables and their meaning', details: { problems },
  })
}
