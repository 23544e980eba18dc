import { z } from 'zod'

const Ranges = z.record(z.string(), z.string()).optional()
/** What of package.json the lockfile repeats. */
export const Manifest = z.looseObject({ name: z.string().optional(), dependencies: Ranges, devDependencies: Ranges, optionalDependencies: Ranges, peerDependencies: Ranges })
export type Manifest = z.infer<typeof Manifest>

const LockedPackage = z.looseObject({
  version: z.string().optional(), resolved: z.string().optional(), integrity: z.string().optional(), link: z.boolean().optional(), dev: z.boolean().optional(), license: z.string().optional(),
  inBundle: z.boolean().optional(), hasInstallScript: z.boolean().optional(), dependencies: Ranges, devDependencies: Ranges, optionalDependencies: Ranges, peerDependencies: Ranges,
})
/** package-lock.json, version 3: https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json */
export const Lockfile = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), LockedPackage) })
export type Lockfile = z.infer<typeof Lockfile>

export interface OutsidePackage {
  name: string
  /** Where it lies, such as node_modules/zod. */
  path: string
  version: string
  license: string | undefined
  /** Only used to build and test. */
  dev: boolean
  integrity: string | undefined
  hasInstallScript: boolean
}

/** Packages that are not ours, one for each place where one lies. */
export function outsidePackages({ packages }: Lockfile): OutsidePackage[] {
  return Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link).map(([path, locked]) => ({
    name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length), path, version: locked.version ?? '', license: locked.license, dev: locked.dev === true,
    integrity: locked.inBundle ? 'in its bundle' : locked.integrity, hasInstallScript: locked.hasInstallScript === true,
  }))
}
