/** The part of package-lock.json (version 3) that says who needs whom. */
export interface LockedPackage {
  /** A workspace's entry in node_modules: a link to `resolved`. */
  link?: boolean
  resolved?: string
  dependencies?: Readonly<Record<string, string>>
  optionalDependencies?: Readonly<Record<string, string>>
  peerDependencies?: Readonly<Record<string, string>>
  peerDependenciesMeta?: Readonly<Record<string, { optional?: boolean }>>
}

export type LockedPackages = Readonly<Record<string, LockedPackage>>

/**
 * The folders that a workspace needs to run: its own, those of its libs, and the packages of both, found as Node finds them. Development's
 * dependencies are left out; so are optional ones that the lockfile lacks, and what the workspace is only built with (its bundler, what goes into the bundle).
 * @throws Error when a package that is needed is not in the lockfile
 */
export function productionClosure(packages: LockedPackages, workspace: string, { builtWith = [] }: { builtWith?: readonly string[] } = {}): Set<string> {
  const own = packages[workspace]
  if (!own) throw new Error(`package-lock.json has no workspace ${workspace}`)
  const dependencies = Object.fromEntries(Object.entries(own.dependencies ?? {}).filter(([name]) => !builtWith.includes(name)))
  const closure = new Set<string>()
  const waiting = [workspace]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (closure.has(path)) continue
    closure.add(path)
    const entry = path === workspace ? { ...own, dependencies } : packages[path]!
    if (entry.link) waiting.push(entry.resolved!)
    else waiting.push(...needed(packages, path, entry))
  }
  return closure
}

function needed(packages: LockedPackages, path: string, entry: LockedPackage): string[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = entry
  // A package may name the same one as its own and as an optional peer.
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true)
  const names = new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers])
  return [...names].flatMap((name) => {
    const found = resolvePackage(packages, path, name)
    if (found !== undefined) return [found]
    if (name in optionalDependencies) return []
    throw new Error(`package-lock.json has no ${name}, which ${path} needs`)
  })
}

/** As Node looks it up: the nearest node_modules on the way to the root. */
function resolvePackage(packages: LockedPackages, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/'), 0))) {
    if (!folder.endsWith('/node_modules') && folder !== 'node_modules') {
      const candidate = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
      if (packages[candidate]) return candidate
    }
    if (folder === '') return undefined
  }
}

/** What every one of the workspaces needs: an image's layer that all of them share. */
export function commonClosure(packages: LockedPackages, workspaces: readonly string[]): Set<string> {
  const [first = new Set<string>(), ...others] = workspaces.map((workspace) => productionClosure(packages, workspace))
  return new Set([...first].filter((path) => others.every((closure) => closure.has(path))))
}
