import { outsidePackages, type Lockfile, type Manifest } from './lockfile.ts'
import { allowedByName, allowedInstallScripts, allowedLicenses } from './policy.ts'

const groups = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const

/** Where a package.json and the lockfile disagree: `npm ci` would refuse, or install what nobody has looked at. `manifests` by folder, '' for the root. */
export function disagreements(manifests: Readonly<Record<string, Manifest>>, { packages }: Lockfile): string[] {
  return Object.entries(manifests).flatMap(([folder, manifest]) => {
    const locked = packages[folder]
    const file = `${folder === '' ? '' : `${folder}/`}package.json`
    if (!locked) return [`${file} is not in the lockfile: run npm install`]
    return groups.flatMap((group) => {
      const [asked, has] = [manifest[group] ?? {}, locked[group] ?? {}]
      const names = [...new Set([...Object.keys(asked), ...Object.keys(has)])]
      return names.filter((name) => asked[name] !== has[name]).map((name) => `${file}: ${group} ${name} is ${asked[name] ?? 'absent'}, in the lockfile ${has[name] ?? 'absent'}: run npm install`)
    })
  })
}

/** Packages without a checksum could change under their version. */
export const unpinned = (lockfile: Lockfile): string[] =>
  outsidePackages(lockfile).filter(({ integrity }) => integrity === undefined).map(({ path }) => `${path} has no integrity in the lockfile`)

export function foreignLicenses(lockfile: Lockfile): string[] {
  return outsidePackages(lockfile).flatMap(({ name, path, license = 'none stated' }) => {
    if (mayUse(license) || namedFor(name).some((named) => named.license === license)) return []
    return [`${path}: the licence ${license} is on no list; look at it and name it in tools/supply-chain/src/policy.ts, or go without the package`]
  })
}

const fits = (pattern: string, name: string) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern)
const namedFor = (name: string) => Object.entries(allowedByName).flatMap(([pattern, named]) => (fits(pattern, name) ? named : []))

/** An SPDX expression: with OR one of the parts is enough, with AND all are needed. Nested ones are left to a person. */
function mayUse(expression: string): boolean {
  const text = expression.replace(/^\((.*)\)$/, '$1')
  if (text.includes(' OR ')) return text.split(' OR ').some(mayUse)
  return text.split(' AND ').every((part) => allowedLicenses.has(part))
}

export const unnamedInstallScripts = (lockfile: Lockfile): string[] =>
  outsidePackages(lockfile).filter(({ name, hasInstallScript }) => hasInstallScript && !Object.hasOwn(allowedInstallScripts, name))
    .map(({ path }) => `${path} wants to run a script when it is installed and is not named in tools/supply-chain/src/policy.ts`)

/** Names of policies that no package needs any more. */
export function staleNames(lockfile: Lockfile): string[] {
  const there = outsidePackages(lockfile).map(({ name }) => name)
  return [...Object.keys(allowedByName), ...Object.keys(allowedInstallScripts)].filter((pattern) => !there.some((name) => fits(pattern, name))).map((name) => `tools/supply-chain/src/policy.ts names ${name}, which is not installed`)
}
