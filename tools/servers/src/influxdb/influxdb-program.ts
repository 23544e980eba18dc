import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cachedFolder, isCached } from '../server-cache.ts'
import { runToEnd, whyNotRunnable } from '../run-to-end.ts'

export const influxdbVersion = '2.7.12'
export const influxdbFolderName = `influxdb-${influxdbVersion}`
const module = 'github.com/influxdata/influxdb/v2'

/** Its Flux engine is written in Rust; a pkg-config of InfluxData's own builds that in passing. */
const pkgConfig = 'github.com/influxdata/pkg-config@v0.2.14'

const goModule = `module streamforge/influxd

go 1.23.0

require ${module} v${influxdbVersion}

replace github.com/nats-io/nats-streaming-server v0.11.2 => github.com/influxdata/nats-streaming-server v0.11.3-0.20201112040610-c277f7560803
`

/** The Flux engine forbids warnings; today's Rust warns of more than the one it was written with. */
const rustcWrapper = '#!/bin/sh\nexec "$@" --cap-lints warn\n'

/**
 * Whether an InfluxDB 2 server can be started on this machine; the reason is one line. It is built from the sources, by Go and Rust, in some
 * seven minutes on two cores: only where INFLUXDB_BUILD=1 asks for it.
 */
export async function influxdbAvailable(): Promise<{ ok: true } | { ok: false; reason: string }> {
  if (await isCached(influxdbFolderName)) return { ok: true }
  if (process.env.INFLUXDB_BUILD !== '1') return { ok: false, reason: `InfluxDB ${influxdbVersion} has not been built here; npm run servers -- up influxdb builds it once, in some minutes, with Go and Rust (INFLUXDB_BUILD=1: the tests do)` }
  const missing = (await whyNotRunnable('go', ['version'])) ?? (await whyNotRunnable('cargo', ['--version']))
  if (missing !== undefined) return { ok: false, reason: missing }
  return influxdbProgram().then(() => ({ ok: true }), (error: Error) => ({ ok: false, reason: error.message.split('\n')[0]! }))
}

/** The path of influxd; built on first use. */
export async function influxdbProgram(): Promise<string> {
  return join(await cachedFolder(influxdbFolderName, build), 'influxd')
}

async function build(folder: string): Promise<void> {
  const project = await mkdtemp(join(tmpdir(), 'streamforge-influxdb-'))
  try {
    await buildIn(project, join(folder, 'influxd'))
  } finally {
    await rm(project, { recursive: true, force: true })
  }
}

async function buildIn(project: string, program: string): Promise<void> {
  const wrapper = join(project, 'rustc-wrapper')
  await writeFile(join(project, 'go.mod'), goModule)
  await writeFile(wrapper, rustcWrapper, { mode: 0o755 })
  const settings = [`GOBIN=${project}`, `PKG_CONFIG=${join(project, 'pkg-config')}`, `RUSTC_WRAPPER=${wrapper}`, 'RUSTUP_TOOLCHAIN=stable', 'GOFLAGS=-buildvcs=false']
  const go = async (...args: string[]): Promise<string> => {
    const { status, output } = await runToEnd('env', [...settings, 'go', ...args], { cwd: project })
    if (status !== 0) throw new Error(`InfluxDB ${influxdbVersion} could not be built (go ${args[0]}): ${output.slice(-2000)}`)
    return output
  }
  const downloaded = JSON.parse((await go('mod', 'download', '-json', `${module}@v${influxdbVersion}`)).replace(/^[^{]*/, '')) as { Dir: string }
  // Its own list of what it was released with.
  await copyFile(join(downloaded.Dir, 'go.sum'), join(project, 'go.sum'))
  await runToEnd('chmod', ['u+w', join(project, 'go.sum')])
  await go('install', pkgConfig)
  await go('build', '-mod=mod', '-trimpath', '-ldflags', '-s -w', '-tags', 'sqlite_foreign_keys,sqlite_json', '-o', program, `${module}/cmd/influxd`)
}
