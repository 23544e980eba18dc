import { z } from 'zod'
import { catalog, deadLetterTopic } from './catalog.ts'
import { DeadLetterHeaders } from './dead-letter.ts'

/** A schema as JSON Schema 2020-12: of what a reader may be handed (`input`), defaults not yet filled in. */
export const jsonSchema = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })

/** The AsyncAPI 3.0 document of every topic, made from the catalog. */
export function asyncApiDocument(version: string) {
  const entries = Object.values(catalog)
  const address = (topic: string) => ({ address: topic, ...(topic.includes('{') && { parameters: { queue_id: { description: 'The queue' } } }) })
  return {
    asyncapi: '3.0.0',
    info: { title: 'StreamForge topics', version, description: 'Services share nothing but these topics and their schemas.' },
    defaultContentType: 'application/json',
    channels: {
      ...Object.fromEntries(entries.map((e) => [e.name, {
        ...address(e.topic), description: e.description, messages: { [e.name]: { $ref: `#/components/messages/${e.name}` } },
      }])),
      'dead-letters': {
        address: deadLetterTopic.name, description: 'Messages that a consumer refused, key and value untouched; the headers say why.',
        messages: { 'dead-letter': { $ref: '#/components/messages/dead-letter' } },
      },
    },
    operations: Object.fromEntries(entries.flatMap((e) => [
      [`publish-${e.name}`, { action: 'send', channel: { $ref: `#/channels/${e.name}` }, summary: `By ${e.publishers.join(', ')}` }],
      [`consume-${e.name}`, { action: 'receive', channel: { $ref: `#/channels/${e.name}` }, summary: `By ${e.consumers.join(', ')}` }],
    ])),
    components: {
      messages: {
        ...Object.fromEntries(entries.map((e) => [e.name, { name: e.name, payload: jsonSchema(e.schema) }])),
        'dead-letter': { name: 'dead-letter', headers: jsonSchema(DeadLetterHeaders), payload: { description: 'The original bytes' } },
      },
    },
  }
}
