import type { Setting, SettingKind, SettingList } from '@streamforge/contracts'
import { sendJson } from './api.ts'
import { useReread } from './use-reread.ts'

type SettingOf<K extends SettingKind> = Extract<Setting, { kind: K }>

const rereadMs = 60_000

/** What the person keeps of one kind, by name. Changes say which version they replace, so that two open pages do not undo each other's. */
export function useSettings<K extends SettingKind>(kind: K) {
  const { data, error, reread } = useReread<SettingList>(`/api/settings/${kind}`, rereadMs)
  const settings = (data?.settings ?? []) as SettingOf<K>[]
  const path = (name: string) => `/api/settings/${kind}/${encodeURIComponent(name)}`
  const find = (name: string) => settings.find((setting) => setting.name === name)
  return {
    settings, error, find,
    /** Until the first answer nothing can be changed. */
    ready: data !== undefined,
    keep: async (name: string, value: unknown) => {
      await sendJson('PUT', path(name), { version: find(name)?.version ?? 0, value }).finally(reread)
    },
    remove: async (name: string) => {
      const found = find(name)
      if (found) await sendJson('DELETE', `${path(name)}?version=${found.version}`).finally(reread)
    },
  }
}
