import {
  asyncApiDocument, catalog, CoverageCertificate, deadLetterTopic, DeadLetterHeaders, jsonSchema, openApiDocument, Problem, Queue,
  Workflow, WorkflowRequest, type CatalogEntry,
} from '@streamforge/contracts'
import type { z } from 'zod'

const version = '0.1.0'
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

/** Path in the repository -> content. */
export function generatedDocuments(): Record<string, string> {
  const schemas: Record<string, z.ZodType> = {
    ...Object.fromEntries(Object.values(catalog).map((e) => [e.name, e.schema])),
    'dead-letter-headers': DeadLetterHeaders, 'workflow-request': WorkflowRequest, workflow: Workflow, queue: Queue,
    'coverage-certificate': CoverageCertificate, problem: Problem,
  }
  return {
    'docs/api/openapi.json': json(openApiDocument(version)),
    'docs/api/asyncapi.json': json(asyncApiDocument(version)),
    ...Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [`docs/api/schemas/${name}.schema.json`, json(jsonSchema(schema))])),
    'docs/MESSAGES.md': messagesPage(),
  }
}

function messagesPage(): string {
  const topics = [...Object.values(catalog) as CatalogEntry[]].map((e) =>
    `| \`${e.topic}\` | ${e.description} | ${e.partitions} | ${kept(e.retentionMs)} | ${e.publishers.join(', ')} | ${e.consumers.join(', ')} |`)
  return `# Messages

Made from \`libs/contracts\` by \`npm run docs\`; do not edit. The whole schemas are in [api/asyncapi.json](api/asyncapi.json)
and [api/schemas](api/schemas).

## Topics

| topic | what it carries | partitions | kept | written by | read by |
| --- | --- | --- | --- | --- | --- |
${topics.join('\n')}
| \`${deadLetterTopic.name}\` | Messages that a consumer refused, in their original bytes; the headers say why. | ${deadLetterTopic.partitions} | ${kept(deadLetterTopic.retentionMs)} | every consumer | arango-connector, alerter, dashboard, cli |

${Object.values(catalog).map((e) => `## ${e.name}\n\n${e.description}\n\n${variants(e as CatalogEntry)}`).join('\n\n')}

## dead-letters

Key and value are the refused message's own bytes. Headers:

${fieldTable(jsonSchema(DeadLetterHeaders) as Schema)}
`
}

const kept = (ms: number | undefined) => (ms === undefined ? 'until its queue is done' : `${ms / 86_400_000} days`)

interface Schema {
  description?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  oneOf?: Schema[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  default?: unknown
}

function variants(entry: CatalogEntry): string {
  const schema = jsonSchema(entry.schema) as Schema
  const options = schema.oneOf ?? schema.anyOf ?? [schema]
  return options.map((option) => {
    const tag = Object.entries(option.properties ?? {}).find(([, p]) => p.const !== undefined)
    const title = tag ? `### ${tag[0]}: \`${String(tag[1].const)}\`\n\n` : options.length > 1 ? '### others\n\n' : ''
    return title + fieldTable(option)
  }).join('\n\n')
}

function fieldTable(schema: Schema): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const presence = schema.required?.includes(name) ? 'yes' : field.default === undefined ? 'no' : `default \`${JSON.stringify(field.default)}\``
    return `| \`${name}\` | ${typeName(field)} | ${presence} | ${field.description ?? ''} |`
  })
  return ['| field | type | required | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function typeName(field: Schema): string {
  if (field.const !== undefined) return `\`${String(field.const)}\``
  if (field.enum) return field.enum.length > 8 ? `one of ${field.enum.length} values` : field.enum.map((v) => `\`${String(v)}\``).join(' ')
  if (field.items) return `list of ${typeName(field.items)}`
  return [field.type ?? 'any'].flat().join(' or ')
}
