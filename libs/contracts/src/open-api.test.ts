import { describe, expect, it } from 'vitest'
import { apiOperations } from './api-operations.ts'
import { openApiDocument } from './open-api.ts'

const document = openApiDocument('1.2.3')

describe('the OpenAPI document', () => {
  it('has every operation under its path and method', () => {
    const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map((o) => (o as { operationId: string }).operationId))
    expect(ids.sort()).toEqual(Object.keys(apiOperations).sort())
  })

  it('declares each parameter of a path', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1])
      for (const operation of Object.values(methods)) {
        const { parameters } = operation as { parameters: { name: string; in: string; required: boolean }[] }
        expect(parameters.filter((p) => p.in === 'path').map((p) => p.name)).toEqual(wanted)
      }
    }
  })

  it('resolves every reference', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((m) => m[1]!)
    expect(references.length).toBeGreaterThan(0)
    for (const reference of references) {
      expect(document.components.schemas).toHaveProperty(reference.replace('#/components/schemas/', ''))
    }
  })

  it('asks of a request only what has no default', () => {
    expect(document.components.schemas['WorkflowRequest']).toMatchObject({ required: ['symbols', 'types', 'time_range'] })
  })

  it('answers problems in their own media type', () => {
    const post = document.paths['/workflows']!['post'] as { responses: Record<string, { content: object }> }
    expect(Object.keys(post.responses['422']!.content)).toEqual(['application/problem+json'])
  })
})
