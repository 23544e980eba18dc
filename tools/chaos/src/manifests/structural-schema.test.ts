import { expect, it } from 'vitest'
import { problemsIn } from './structural-schema.ts'

const schema = {
  type: 'object', required: ['mode'], properties: {
    mode: { type: 'string', enum: ['one', 'all'] }, percent: { type: 'integer', minimum: 0, maximum: 100 }, labels: { additionalProperties: { type: 'string' } },
    duration: { type: 'string', pattern: '^[0-9]+s$' }, names: { type: 'array', items: { type: 'string' } }, metadata: { type: 'object' },
  },
} as const

it('takes what fits', () => {
  expect(problemsIn({ mode: 'one', percent: 5, labels: { app: 'x' }, duration: '30s', names: ['a'], metadata: { name: 'x' } }, schema)).toEqual([])
})

it.each([
  [{}, '.mode is missing'], [{ mode: 'two' }, '.mode is "two"'], [{ mode: 'one', percent: 101 }, '.percent is out of bounds'], [{ mode: 'one', percent: 1.5 }, '.percent is no integer'],
  [{ mode: 'one', labels: { app: 5 } }, '.labels.app is no string'], [{ mode: 'one', duration: 'long' }, '.duration has a form'], [{ mode: 'one', names: ['a', 2] }, '.names[1] is no string'],
  [{ mode: 'one', modus: 'all' }, '.modus is not known'], [[], 'it is no object'],
])('refuses %j', (value, problem) => {
  expect(problemsIn(value, schema)).toEqual([expect.stringContaining(problem)])
})
