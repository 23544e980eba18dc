import type { CommitLook, EndState, Finding, Poisoned, Refused } from './history.ts'

/** Offsets that ran ahead of their effects, as seen while everything ran. Pure. */
export function checkCommits(looks: readonly CommitLook[]): Finding[] {
  return looks.flatMap(({ queueId, partition, committed, latest, missing }): Finding[] => {
    const found: Finding[] = []
    if (committed > latest) found.push({ kind: 'offset ahead', where: queueId, detail: `partition ${partition}: ${committed} is committed, and the topic ends at ${latest}` })
    if (missing.length > 0) {
      found.push({ kind: 'offset ahead', where: queueId, detail: `partition ${partition}: ${committed} is committed, and ${missing.length} records before it are not stored, such as ${missing[0]}` })
    }
    return found
  })
}

/** Whether exactly the poison was refused, by everybody who reads it. Pure. */
export function checkDeadLetters(poisoned: readonly Poisoned[], refused: readonly Refused[]): Finding[] {
  const place = ({ topic, partition, offset }: Poisoned | Refused) => `${topic} ${partition}/${offset}`
  const known = new Set(poisoned.map(place))
  const by = new Set(refused.map((letter) => `${place(letter)} ${letter.group}`))
  return [
    ...refused.filter((letter) => !known.has(place(letter))).map((letter): Finding => (
      { kind: 'dead letter', where: letter.topic, detail: `${letter.group} refused a sound message at ${letter.partition}/${letter.offset}` })),
    ...poisoned.flatMap((poison) => poison.groups.filter((group) => !by.has(`${place(poison)} ${group}`)).map((group): Finding => (
      { kind: 'dead letter', where: poison.topic, detail: `${group} did not refuse the poison at ${poison.partition}/${poison.offset}` }))),
  ]
}

/** Whether every workflow ended as it should. Pure. */
export function checkEndStates(states: readonly EndState[]): Finding[] {
  return states.filter(({ expected, actual }) => expected !== actual).map(({ workflowId, expected, actual, reason }) => (
    { kind: 'end state', where: workflowId, detail: `${actual}${reason === undefined ? '' : ` (${reason})`}, and should be ${expected}` }))
}
