// Backups of all that a platform keeps: documents, models and other objects, time series, settings.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type BackupManifest, type BackupPart, backupParts, StreamForgeError, toStreamForgeError } from '@streamforge/contracts'
import { connectObjects, type ObjectStore } from '@streamforge/objects'
import { exitCodes, loadConfig, requireUnclaimed } from '@streamforge/service'
import { type BackupConfig, Config, vaultConfig } from './config.ts'
import { openPlatformData, openPlatformSnapshot } from './platform-data.ts'
import { pruneBackups } from './prune-backups.ts'
import { restoreBackup } from './restore-backup.ts'
import { summary } from './summary.ts'
import { takeBackup } from './take-backup.ts'
import { listBackups, readManifest } from './vault.ts'
import { verifyBackup } from './verify-backup.ts'

const usage = `npm run backup -- take | list | verify [ID] | restore [ID] | prune

take      backs up the platform of the environment (or of --data-dir) while it runs
list      the backups that there are
verify    reads a backup again and computes every hash (default: the latest)
restore   puts a backup into an empty platform that does not run, and compares (default: the latest)
            --force         deletes what is there first
            --part NAME     only this part: ${backupParts.join(', ')}; may be repeated, with take too
prune     deletes all but the newest
            --keep N        so many (default 14)

--data-dir DIR  the platform's folder (DATA_DIR)     --to DIR  the backups' folder (BACKUP_DIR), unless BACKUP_S3_ENDPOINT is set     --json
`
const options = {
  'data-dir': { type: 'string' }, to: { type: 'string' }, part: { type: 'string', multiple: true }, force: { type: 'boolean', default: false },
  keep: { type: 'string', default: '14' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
} as const

const print = (text: string) => void process.stdout.write(`${text}\n`)
const notice = (text: string) => void process.stderr.write(`${text}\n`)

interface Call {
  config: BackupConfig
  vault: ObjectStore
  id: string
  parts: readonly BackupPart[]
  force: boolean
  keep: number
  show: (manifests: readonly BackupManifest[]) => void
}

const commands: Readonly<Record<string, (call: Call) => Promise<void>>> = {
  async take({ config, vault, parts, show }) {
    const data = await openPlatformSnapshot(config)
    try {
      show([await takeBackup(data, vault, { version: ownVersion(), parts, now: Date.now, say: (part) => notice(`taking ${part}`) })])
    } finally {
      await data.close()
    }
  },
  async list({ vault, show }) {
    show(await Promise.all((await listBackups(vault)).map((id) => readManifest(vault, id))))
  },
  async verify({ vault, id }) {
    const manifest = await readManifest(vault, id)
    const { pieces, bytes, rows } = await verifyBackup(vault, manifest)
    print(`${manifest.id} is whole: ${pieces} pieces, ${bytes} bytes, ${rows} rows, every hash as it was`)
  },
  async restore({ config, vault, id, parts, force }) {
    const manifest = await readManifest(vault, id)
    await requireUnclaimed(config.DATA_DIR, 'stop it, restore, then start it again')
    const data = await openPlatformData(config)
    try {
      await restoreBackup(data, vault, manifest, { parts, force, say: notice })
    } finally {
      await data.close()
    }
    print(`${manifest.id} is restored: all that was taken is there, every hash as it was`)
  },
  async prune({ vault, keep }) {
    const { backups, pieces } = await pruneBackups(vault, keep, Date.now)
    print(`${backups} backups and ${pieces} pieces deleted`)
  },
}

const ownVersion = () => readFileSync(join(import.meta.dirname, '../VERSION'), 'utf8').trim()

const badRequest = (message: string) => new StreamForgeError('BAD_REQUEST', message, { remedy: 'npm run backup -- --help' })

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({ args: process.argv.slice(2), allowPositionals: true, options })
  if (values.help) return print(usage)
  const config = loadConfig(Config, { ...process.env, ...(values['data-dir'] && { DATA_DIR: values['data-dir'] }), ...(values.to && { BACKUP_DIR: values.to }) })
  const command = commands[positionals[0] ?? ''] ?? refuse(positionals[0] === undefined ? 'say what to do' : `there is no command '${positionals[0]}'`)
  const parts = (values.part ?? backupParts).map((part) => backupParts.find((known) => known === part) ?? refuse(`there is no part '${part}'`))
  const keep = Number(values.keep)
  if (!Number.isInteger(keep) || keep < 1) throw badRequest('--keep takes a whole number of at least 1')
  const vault = await connectObjects(vaultConfig(config))
  const show = (manifests: readonly BackupManifest[]) => print(values.json ? JSON.stringify(manifests, null, 2) : summary(manifests))
  try {
    await command({ config, vault, id: positionals[1] ?? 'latest', parts, force: values.force, keep, show })
  } finally {
    await vault.close()
  }
}

function refuse(message: string): never {
  throw badRequest(message)
}

await run().catch((thrown: unknown) => {
  const error = toStreamForgeError(thrown)
  notice(`${error.code}: ${error.message}${error.remedy ? ` (${error.remedy})` : ''}`)
  process.exitCode = error.code === 'BAD_CONFIG' ? exitCodes.badConfig : error.retryable ? exitCodes.retryable : exitCodes.final
})
