import { type BackupManifest, SettingRow } from '@streamforge/contracts'
import type { AllSettings } from '@streamforge/store'
import { canonicalJson } from './canonical-json.ts'
import type { ContentPool, ContentSink } from './content-pool.ts'
import { notEmpty } from './not-empty.ts'

type Part = NonNullable<BackupManifest['settings']>

export async function takeSettings(settings: AllSettings, sink: ContentSink): Promise<Part> {
  const rows = await settings.read()
  return { from: settings.kind, rows: rows.length, contents: await sink.addLines(linesOf(rows)) }
}

async function* linesOf(rows: readonly SettingRow[]): AsyncGenerator<string> {
  for (const row of rows) yield canonicalJson(row)
}

/** @throws StreamForgeError CONFLICT when something is there and may not be replaced */
export async function checkSettingsEmpty(settings: AllSettings, force: boolean): Promise<void> {
  const there = force ? 0 : (await settings.read()).length
  if (there > 0) throw notEmpty(`there are ${there} settings`)
}

export async function restoreSettings(settings: AllSettings, part: Part, pool: ContentPool): Promise<void> {
  const lines = (await Promise.all(part.contents.map((content) => pool.readLines(content)))).flat()
  await settings.replace(lines.map((line) => SettingRow.parse(JSON.parse(line))))
}
