import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { commonClosure, productionClosure, type LockedPackages } from './production-closure.ts'

const lock: LockedPackages = {
  '': {},
  'apps/loader': { dependencies: { '@x/bus': '*', ws: '^8' } },
  'apps/loader/node_modules/ws': { dependencies: { debug: '^4' } },
  'apps/viewer': { dependencies: { '@x/bus': '*' }, peerDependencies: { paint: '*' }, peerDependenciesMeta: { paint: { optional: true } } },
  'libs/bus': { dependencies: { kafka: '^2' }, optionalDependencies: { 'fast-crc': '*', absent: '*' } },
  'node_modules/@x/bus': { resolved: 'libs/bus', link: true },
  'node_modules/kafka': { dependencies: { debug: '^3' } },
  'node_modules/kafka/node_modules/debug': {},
  'node_modules/debug': { dependencies: { ms: '*' } },
  'node_modules/ms': {},
  'node_modules/ws': {},
  'node_modules/fast-crc': {},
  'node_modules/paint': {},
  'node_modules/vitest': {},
}

test('a workspace gets its libs and their packages, the nearest of two versions', () => {
  expect([...productionClosure(lock, 'apps/loader')].sort()).toEqual([
    'apps/loader', 'apps/loader/node_modules/ws', 'libs/bus', 'node_modules/@x/bus', 'node_modules/debug', 'node_modules/fast-crc', 'node_modules/kafka',
    'node_modules/kafka/node_modules/debug', 'node_modules/ms',
  ])
})

test('what a workspace is only built with stays out', () => {
  expect([...productionClosure(lock, 'apps/loader', { builtWith: ['ws'] })]).not.toContain('apps/loader/node_modules/ws')
})

test('an optional peer that nobody else needs stays out', () => {
  expect(productionClosure(lock, 'apps/viewer')).not.toContain('node_modules/paint')
  const own = { ...lock, 'apps/viewer': { ...lock['apps/viewer'], dependencies: { paint: '*' } } }
  expect(productionClosure(own, 'apps/viewer')).toContain('node_modules/paint')
})

test('what all workspaces need is common', () => {
  expect([...commonClosure(lock, ['apps/loader', 'apps/viewer'])].sort()).toEqual([
    'libs/bus', 'node_modules/@x/bus', 'node_modules/fast-crc', 'node_modules/kafka', 'node_modules/kafka/node_modules/debug',
  ])
})

test('a package that is missing is named', () => {
  expect(() => productionClosure({ 'apps/loader': { dependencies: { ws: '*' } } }, 'apps/loader')).toThrow('no ws, which apps/loader needs')
  expect(() => productionClosure(lock, 'apps/nothing')).toThrow('no workspace apps/nothing')
})

test('of this repository, a loader carries no tools for tests or builds', () => {
  const path = fileURLToPath(new URL('../../../../package-lock.json', import.meta.url))
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as { packages: LockedPackages }
  const closure = productionClosure(packages, 'apps/loader-api')
  expect(closure).toContain('node_modules/kafkajs')
  for (const absent of ['node_modules/vitest', 'node_modules/vite', 'node_modules/typescript', 'node_modules/nx', 'node_modules/react']) expect(closure).not.toContain(absent)
})
