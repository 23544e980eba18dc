import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runToEnd } from '../run-to-end.ts'

/** Go programs of one module, built in a module of our own that requires it. */
export interface GoBuild {
  /** `k8s.io/kubernetes`; undefined: only `files`. */
  module?: { path: string; version: string }
  /** Packages to build; each becomes a program named after its last part (`.`: after `name`). */
  packages: readonly string[]
  name: string
  ldflags?: string
  /** More lines of go.mod, given the required module's own go.mod. */
  directives?: (goMod: string) => string
  /** Sources of our own. */
  files?: Readonly<Record<string, string>>
}

/** Builds static programs into `folder`. Go keeps what it compiled: a build that was interrupted goes on where it was. */
export async function buildGoPrograms(build: GoBuild, folder: string): Promise<void> {
  const project = await mkdtemp(join(tmpdir(), `streamforge-${build.name}-`))
  const go = goIn(project, build.name)
  try {
    await writeModule(build, project, go)
    const ldflags = ['-s', '-w', build.ldflags ?? ''].join(' ').trim()
    await mkdir(folder, { recursive: true })
    for (const path of build.packages) {
      const program = path === '.' || !path.includes('/cmd/') ? build.name : path.slice(path.lastIndexOf('/') + 1)
      await go('build', '-mod=mod', '-trimpath', '-ldflags', ldflags, '-o', join(folder, program), path)
    }
  } finally {
    await rm(project, { recursive: true, force: true })
  }
}

type Go = (...args: string[]) => Promise<string>

function goIn(project: string, name: string): Go {
  return async (...args) => {
    const { status, output } = await runToEnd('env', ['CGO_ENABLED=0', 'GOFLAGS=-buildvcs=false', 'GOWORK=off', 'go', ...args], { cwd: project })
    if (status !== 0) throw new Error(`${name} could not be built (go ${args[0]}): ${output.slice(-2000)}`)
    return output
  }
}

async function writeModule({ module, name, directives, files = {} }: GoBuild, project: string, go: Go): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, path)), { recursive: true })
    await writeFile(join(project, path), text)
  }
  const lines = [`module streamforge/${name}`, 'go 1.26.0']
  if (module) {
    const { Dir, GoMod } = await download(module, project, go)
    lines.push(`require ${module.path} v${module.version}`, directives?.(await readFile(GoMod, 'utf8')) ?? '')
    // What the release itself was made with.
    await copyFile(join(Dir, 'go.sum'), join(project, 'go.sum'))
    await chmod(join(project, 'go.sum'), 0o644)
  }
  await writeFile(join(project, 'go.mod'), lines.join('\n\n') + '\n')
}

async function download(module: { path: string; version: string }, project: string, go: Go): Promise<{ Dir: string; GoMod: string }> {
  await writeFile(join(project, 'go.mod'), 'module streamforge/download\n')
  const answer = await go('mod', 'download', '-json', `${module.path}@v${module.version}`)
  return JSON.parse(answer.slice(answer.indexOf('{'))) as { Dir: string; GoMod: string }
}
