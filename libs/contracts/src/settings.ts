import { z } from 'zod'
import { AlertChannel, AlertSeverity } from './alerts.ts'
import { Interval } from './interval.ts'
import { Symbol, Venue } from './names.ts'
import { Epoch } from './records.ts'
import { WorkflowRequest } from './workflow.ts'

/** What a person keeps for the next time. None of it holds a secret. */

const InstrumentName = z.strictObject({ venue: Venue, symbol: Symbol })

/** The form of each kind of setting. */
export const settingValues = {
  watchlist: z.strictObject({ instruments: z.array(InstrumentName).max(500) }).describe('Instruments to look at, in the order of the person'),
  workflow_request: WorkflowRequest.describe('A request to send again'),
  chart_layout: z.strictObject({
    instrument: InstrumentName.optional(), interval: Interval.optional(),
    panels: z.array(z.enum(['candles', 'book', 'trades', 'forecasts'])).max(8).describe('That are shown, in this order'),
  }),
  alert_target: z.strictObject({
    channel: AlertChannel,
    address: z.string().min(1).max(300).describe('A mail address, a chat id or the name of a webhook; tokens and addresses that are secret stay in the environment of the alerter'),
    least_severity: AlertSeverity,
  }),
} as const

export const SettingKind = z.enum(Object.keys(settingValues) as (keyof typeof settingValues)[])
export type SettingKind = z.infer<typeof SettingKind>
export type SettingValue<K extends SettingKind = SettingKind> = z.infer<(typeof settingValues)[K]>

/** A name for people: any characters but those that cannot be seen or stored. */
export const SettingName = z.string().min(1).max(80).regex(/^[^\p{Cc}\p{Cs}]+$/u, 'visible characters').refine((name) => name.trim() === name && name !== '.' && name !== '..', 'no spaces at its ends')
/** Whose settings they are: the subject of who is signed in; `local` where nobody signs in. */
export const SettingOwner = z.string().regex(/^[\x21-\x7e]{1,200}$/)
export const localOwner = 'local'

const facts = {
  name: SettingName,
  version: z.int().positive().describe('Grows with every change; to be given with the next one'),
  updated_at: Epoch,
}

export const Setting = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('watchlist'), ...facts, value: settingValues.watchlist }),
  z.strictObject({ kind: z.literal('workflow_request'), ...facts, value: settingValues.workflow_request }),
  z.strictObject({ kind: z.literal('chart_layout'), ...facts, value: settingValues.chart_layout }),
  z.strictObject({ kind: z.literal('alert_target'), ...facts, value: settingValues.alert_target }),
])
export type Setting = z.infer<typeof Setting>

/** GET /api/settings/{kind}: one's own, by name. */
export const SettingKindParams = z.strictObject({ kind: SettingKind })
export const SettingList = z.strictObject({ settings: z.array(Setting) })
export type SettingList = z.infer<typeof SettingList>

/** GET, PUT and DELETE /api/settings/{kind}/{name} */
export const SettingParams = z.strictObject({ kind: SettingKind, name: SettingName })
/** The value is checked against the form of its kind. */
export const SettingPut = z.strictObject({
  version: z.int().nonnegative().describe('The version that is to be replaced; 0: there must be none of this name'),
  value: z.unknown(),
})
export type SettingPut = z.infer<typeof SettingPut>
export const SettingDelete = z.strictObject({ version: z.coerce.number().int().positive().describe('The version that is to be deleted') })
export const SettingDeleted = z.strictObject({ deleted: z.boolean().describe('false: there was none') })
