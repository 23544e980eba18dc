import type { SettingKind } from '@streamforge/contracts'

/** A setting as it is stored. Its value is JSON; whether it has the form of its kind is for the reader to check. */
export interface StoredSetting {
  kind: SettingKind
  name: string
  version: number
  /** Milliseconds since the epoch. */
  updatedAt: number
  value: unknown
}

/** Where people's settings are kept: each owner sees only their own. Two adapters implement it, SQLite and PostgreSQL, by the same statements. */
export interface SettingsStore {
  readonly kind: 'sqlite' | 'postgres'
  /** By name. */
  list(owner: string, kind: SettingKind): Promise<StoredSetting[]>
  get(owner: string, kind: SettingKind, name: string): Promise<StoredSetting | undefined>
  /**
   * Replaces the version that is expected (0: there is none of this name) by the next one.
   * @throws StreamForgeError CONFLICT when another version is there, STORE_REJECTED when the owner has too many, STORE_UNAVAILABLE
   */
  put(owner: string, setting: Pick<StoredSetting, 'kind' | 'name' | 'value'>, expected: number): Promise<StoredSetting>
  /** Resolves false when there is none. @throws StreamForgeError CONFLICT when another version is there */
  delete(owner: string, kind: SettingKind, name: string, expected: number): Promise<boolean>
  close(): Promise<void>
}
