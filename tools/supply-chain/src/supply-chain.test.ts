import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readAudit } from './audit.ts'
import { billOfMaterials } from './bill-of-materials.ts'
import { imageReferences, isPinned, unpinnedImages } from './check-images.ts'
import { disagreements, foreignLicenses, staleNames, unnamedInstallScripts, unpinned } from './check-lockfile.ts'
import { cycloneDxProblems } from './cyclonedx-schema.test-support.ts'
import { Lockfile, outsidePackages } from './lockfile.ts'
import { readImages, readLockfile, readManifests } from './read-tree.ts'

const root = resolve(import.meta.dirname, '../../..')
const lockOf = (locked: object) => Lockfile.parse({ lockfileVersion: 3, packages: { 'node_modules/x': { version: '1.0.0', integrity: 'sha512-x', license: 'MIT', ...locked } } })

describe('what this repository is made of', () => {
  it('is what its package.json files ask for', async () => expect(disagreements(await readManifests(root), await readLockfile(root))).toEqual([]))
  it('has checksums, licences of the list, and install scripts of the list only', async () => {
    const lockfile = await readLockfile(root)
    expect([...unpinned(lockfile), ...foreignLicenses(lockfile), ...unnamedInstallScripts(lockfile), ...staleNames(lockfile)]).toEqual([])
  })
  it('runs no install scripts', () => expect(readFileSync(join(root, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m))
  it('draws images by version', async () => {
    const images = await readImages(root)
    expect(images.length).toBeGreaterThan(10)
    expect(unpinnedImages(images)).toEqual([])
  })
})

describe('the checks', () => {
  it.each([
    ['a package that is asked for and not locked', { dependencies: { a: '^1.0.0' } }, {}, 1], ['another range', { dependencies: { a: '^1.0.0' } }, { dependencies: { a: '^2.0.0' } }, 1],
    ['a package that nobody asks for any more', {}, { devDependencies: { a: '*' } }, 1], ['the same', { dependencies: { a: '*' } }, { dependencies: { a: '*' } }, 0],
  ])('see %s', (_what, manifest, locked, problems) => {
    expect(disagreements({ 'apps/a': manifest }, Lockfile.parse({ lockfileVersion: 3, packages: { 'apps/a': locked } }))).toHaveLength(problems)
  })

  it.each([['GPL-3.0', 1], ['(MIT OR GPL-3.0)', 0], ['MIT AND GPL-3.0', 1], ['MIT AND ISC', 0], [undefined, 1]])('judge the licence %s', (license, problems) => {
    expect(foreignLicenses(lockOf({ license }))).toHaveLength(problems)
  })

  it('see install scripts and missing checksums', () => {
    expect(unnamedInstallScripts(lockOf({ hasInstallScript: true }))).toHaveLength(1)
    expect(unpinned(lockOf({ integrity: undefined }))).toHaveLength(1)
  })

  it('read images of Dockerfiles, compose files and pipelines', () => {
    const text = 'FROM docker.io/library/node:24 AS x\nFROM x\n  image: influxdb:2.7.12\n  - image: "a.b/c@sha256:00"\n  KUBECTL_IMAGE: docker.io/alpine/k8s:1.34.1\nimage: $NODE_IMAGE\n'
    expect(imageReferences('f', text).map(({ image }) => image)).toEqual(['docker.io/library/node:24', 'influxdb:2.7.12', 'a.b/c@sha256:00', 'docker.io/alpine/k8s:1.34.1'])
    expect(['a/b', 'a/b:latest', 'host:5000/a', 'a/b:stable', 'a/b:v1.2', `a@sha256:${'0'.repeat(64)}`].map(isPinned)).toEqual([false, false, false, false, true, true])
  })

  it('list what is installed as CycloneDX does', () => {
    const bill = billOfMaterials(Lockfile.parse({ lockfileVersion: 3, packages: { 'node_modules/@a/b': { version: '1.2.3', license: '(MIT OR ISC)', integrity: 'sha512-AAEC', dev: true } } }), 'us', '1.0.0')
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', components: [{
      type: 'library', name: '@a/b', version: '1.2.3', purl: 'pkg:npm/%40a/b@1.2.3', scope: 'excluded', licenses: [{ expression: '(MIT OR ISC)' }], hashes: [{ alg: 'SHA-512', content: '000102' }],
    }] })
  })

  it('list all of it as the official schema of CycloneDX 1.6 wants it, which takes no other', async () => {
    const lockfile = await readLockfile(root)
    const bill = JSON.parse(JSON.stringify(billOfMaterials(lockfile, 'streamforge', '0.1.0'))) as { components: Record<string, unknown>[]; [field: string]: unknown }
    const problems = await cycloneDxProblems()
    expect(problems(bill)).toEqual([])
    expect(bill.components).toHaveLength(outsidePackages(lockfile).length)
    for (const [field, value] of Object.entries({ scope: 'dev', hashes: [{ alg: 'SHA-512', content: 'xyz' }], licenses: [{ license: { id: 'none stated' } }], type: undefined, purpose: 'x' })) {
      const [first, ...others] = bill.components
      expect(problems(JSON.parse(JSON.stringify({ ...bill, components: [{ ...first, [field]: value }, ...others] }))), field).not.toEqual([])
    }
    expect(problems({ ...bill, specVersion: '9.9', serialNumber: 'urn:uuid:none' })).not.toEqual([])
  })

  it('take no answer for no vulnerability only when it is one', () => {
    expect(readAudit('{"vulnerabilities":{}}')).toEqual({ vulnerabilities: [] })
    expect(readAudit('{"vulnerabilities":{"a":{"severity":"high","range":"<2"},"b":{"severity":"low","range":"*"}}}')).toEqual({ vulnerabilities: ['a <2: high'] })
    for (const answer of ['', '{"message":"405"}', 'error']) expect(readAudit(answer)).toHaveProperty('skipped')
  })
})
