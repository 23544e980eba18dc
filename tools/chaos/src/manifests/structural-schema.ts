/** The part of OpenAPI that a custom resource's structural schema uses. */
export interface StructuralSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, StructuralSchema>>
  readonly required?: readonly string[]
  readonly items?: StructuralSchema
  readonly additionalProperties?: StructuralSchema | boolean
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly minLength?: number
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
}

/** What an API server would refuse, or drop without a word as a field that it does not know; by the path of each. Pure. */
export function problemsIn(value: unknown, schema: StructuralSchema, path = ''): string[] {
  const problem = (what: string) => [`${path || 'it'} ${what}`]
  if (schema['x-kubernetes-int-or-string']) return ['string', 'number'].includes(typeof value) ? [] : problem('is neither a number nor a string')
  if (schema.type !== undefined && !isOf(value, schema.type)) return problem(`is no ${schema.type}`)
  if (schema.enum && !schema.enum.includes(value)) return problem(`is ${JSON.stringify(value)}, none of ${schema.enum.join(', ')}`)
  if (typeof value === 'number') return (schema.minimum !== undefined && value < schema.minimum) || (schema.maximum !== undefined && value > schema.maximum) ? problem('is out of bounds') : []
  if (typeof value === 'string') {
    return value.length < (schema.minLength ?? 0) || (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) ? problem(`has a form that is not allowed: ${value}`) : []
  }
  if (Array.isArray(value)) return schema.items ? value.flatMap((item, i) => problemsIn(item, schema.items!, `${path}[${i}]`)) : []
  return typeof value === 'object' && value !== null ? problemsOfObject(value as Record<string, unknown>, schema, path) : []
}

function problemsOfObject(value: Record<string, unknown>, schema: StructuralSchema, path: string): string[] {
  const { properties = {}, additionalProperties: more } = schema
  const missing = (schema.required ?? []).filter((name) => !(name in value)).map((name) => `${path}.${name} is missing`)
  return [...missing, ...Object.entries(value).flatMap(([name, inner]) => {
    const known = properties[name] ?? (typeof more === 'object' ? more : undefined)
    if (known) return problemsIn(inner, known, `${path}.${name}`)
    // An object without described fields, such as metadata, takes any.
    const open = more === true || schema['x-kubernetes-preserve-unknown-fields'] || (!schema.properties && more === undefined)
    return open ? [] : [`${path}.${name} is not known`]
  })]
}

function isOf(value: unknown, type: string): boolean {
  switch (type) {
    case 'object': return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'array': return Array.isArray(value)
    case 'integer': return Number.isInteger(value)
    default: return typeof value === type
  }
}
