import { alertIdentity, type AlertDefinition, type AlertOverrides } from '@streamforge/contracts'
import type { Reading } from './reading.ts'

/** An alert while its measure is above the threshold, or was not long ago. Instants in milliseconds since the epoch. */
export interface AlertState {
  identity: string
  definition: AlertDefinition
  labels: Readonly<Record<string, string>>
  /** When the measure went above. */
  since: number
  /** When it became an alert: `for_ms` later. Undefined before. */
  startsAt: number | undefined
  lastAboveAt: number
  /** The highest reading. */
  value: number
}

export interface AlertChanges {
  /** All that are above, or still kept. */
  alerts: Map<string, AlertState>
  began: AlertState[]
  ended: AlertState[]
}

/**
 * One step of all alerts: readings above their thresholds begin or continue them, those that have come down end after `keep_ms`. A measure
 * that says nothing counts as having come down, unless `absent` is 'unknown': then nothing ends for want of a reading. Two alerts are the
 * same when definition and labels are.
 */
export function advanceAlerts(
  alerts: ReadonlyMap<string, AlertState>, readings: readonly Reading[], definitions: readonly AlertDefinition[],
  { now, absent }: { now: number; absent: 'fine' | 'unknown' },
): AlertChanges {
  const changes: AlertChanges = { alerts: new Map(), began: [], ended: [] }
  const measured = new Set<string>()
  for (const { definition, reading } of pairs(readings, definitions)) {
    const identity = alertIdentity(definition.id, reading.labels)
    measured.add(identity)
    if (!(reading.value > definition.above)) continue
    const before = alerts.get(identity)
    const state = before ? raise(before, definition, reading.value, now) : begin(identity, definition, reading, now)
    changes.alerts.set(identity, state)
    if (state.startsAt !== undefined && before?.startsAt === undefined) changes.began.push(state)
  }
  const ids = new Set(definitions.map(({ id }) => id))
  for (const [identity, state] of alerts) {
    if (changes.alerts.has(identity)) continue
    const mayEnd = measured.has(identity) || absent === 'fine' || !ids.has(state.definition.id)
    if (!mayEnd || keeps(state, now)) changes.alerts.set(identity, state)
    else if (state.startsAt !== undefined) changes.ended.push(state)
  }
  return changes
}

function* pairs(readings: readonly Reading[], definitions: readonly AlertDefinition[]) {
  for (const reading of readings) {
    for (const definition of definitions) {
      if (definition.measure !== reading.measure) continue
      if (Object.entries(definition.where ?? {}).every(([name, value]) => reading.labels[name] === value)) yield { definition, reading }
    }
  }
}

function begin(identity: string, definition: AlertDefinition, { labels, value }: Reading, now: number): AlertState {
  return { identity, definition, labels, since: now, startsAt: definition.for_ms === 0 ? now : undefined, lastAboveAt: now, value }
}

function raise(state: AlertState, definition: AlertDefinition, value: number, now: number): AlertState {
  const startsAt = state.startsAt ?? (now - state.since >= definition.for_ms ? now : undefined)
  return { ...state, definition, startsAt, lastAboveAt: now, value: Math.max(state.value, value) }
}

/** Only what has become an alert is kept: `for_ms` asks for an unbroken time. */
const keeps = ({ startsAt, lastAboveAt, definition }: AlertState, now: number) => startsAt !== undefined && now - lastAboveAt < definition.keep_ms

/** The definitions as a deployment wants them. @throws RangeError for an alert that there is not */
export function overrideDefinitions(definitions: readonly AlertDefinition[], overrides: AlertOverrides): AlertDefinition[] {
  const unknown = Object.keys(overrides).filter((id) => !definitions.some((definition) => definition.id === id))
  if (unknown.length) throw new RangeError(`there is no alert ${unknown.join(', ')}; there are ${definitions.map(({ id }) => id).join(', ')}`)
  return definitions.flatMap((definition) => {
    const { off, ...changed } = overrides[definition.id] ?? {}
    return off ? [] : [{ ...definition, ...changed }]
  })
}

/** The summary with the labels and the value in place; the value with as many digits as one wants to read. */
export function writeSummary(definition: AlertDefinition, labels: Readonly<Record<string, string>>, value: number): string {
  return definition.summary.replaceAll(/\{(\w+)\}/g, (whole, name: string) => (name === 'value' ? readable(value) : labels[name] ?? whole))
}

const readable = (value: number) => (Number.isInteger(value) || Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3))))
