import { join } from 'node:path'
import { cachedFolder } from './server-cache.ts'
import { runToEnd } from './run-to-end.ts'

/** A program that `go install` makes of a module's sources, alone. */
export interface GoProgram {
  /** Of the folder in the cache; another one for another version. */
  folderName: string
  /** What is built: `github.com/minio/minio`. */
  package: string
  /** Exact, as the module proxy knows it. */
  version: string
}

/** The path of the program; built on first use, without C. */
export async function goProgram(program: GoProgram): Promise<string> {
  const folder = await cachedFolder(program.folderName, (filling) => build(program, filling))
  return join(folder, program.package.split('/').at(-1)!)
}

async function build({ package: what, version }: GoProgram, folder: string): Promise<void> {
  const env = { CGO_ENABLED: '0', GOBIN: folder, GOFLAGS: '-buildvcs=false' }
  const { status, output } = await runToEnd('go', ['install', '-v', '-trimpath', '-ldflags', '-s -w', `${what}@${version}`], { env })
  if (status !== 0) throw new Error(`${what} ${version} could not be built: ${output.slice(-2000)}`)
}
