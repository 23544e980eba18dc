import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { busAccess } from '@streamforge/contracts'
import { expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { describeAccess } from './describe-access.ts'
import { manifestPath, strimziUsers } from './strimzi-users.ts'

it(`${manifestPath} is what 'npm run kafka:acls -- manifests' writes`, async () => {
  expect(await readFile(join(import.meta.dirname, '../../..', manifestPath), 'utf8')).toBe(strimziUsers())
})

it('has a user for each service, with all its rules', () => {
  const documents = parseAllDocuments(strimziUsers()).map((document) => document.toJS() as { kind: string; metadata: { name: string }; spec: { authorization: { acls: unknown[] } } })
  const access = busAccess()
  expect(documents.map(({ metadata }) => metadata.name)).toEqual(Object.keys(access))
  for (const { kind, metadata: { name }, spec } of documents) {
    expect(kind).toBe('KafkaUser')
    expect(spec.authorization.acls).toHaveLength(access[name as keyof typeof access].length)
  }
  expect(documents.find(({ metadata }) => metadata.name === 'trainer')!.spec.authorization.acls).toEqual([
    { resource: { type: 'topic', name: 'queue-control', patternType: 'literal' }, operations: ['DescribeConfigs', 'Read'], host: '*' },
    { resource: { type: 'topic', name: 'queue-events', patternType: 'literal' }, operations: ['DescribeConfigs', 'Write'], host: '*' },
  ])
})

it('tells people what each may do', () => {
  expect(describeAccess()).toContain('predictor\n  group predictor....')
  expect(describeAccess()).toContain('every topic')
})
