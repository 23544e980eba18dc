import { listDeadLetters, redriveDeadLetters, type Bus } from '@streamforge/bus'
import { StreamForgeError, type DeadLetterList, type RedriveRequest } from '@streamforge/contracts'

const shownLetters = 500

/** Dead letters that have not been put back, oldest first. */
export async function readDeadLetters(bus: Bus): Promise<DeadLetterList> {
  const letters = await listDeadLetters(bus)
  return { letters: letters.slice(0, shownLetters), total: letters.length }
}

/**
 * Puts the named letters back on their source topics, mended where a value is given.
 * @throws StreamForgeError NOT_FOUND when one is not (or no longer) a dead letter; nothing has been put back then
 */
export async function redrive(bus: Bus, request: RedriveRequest): Promise<number> {
  const listed = new Map((await listDeadLetters(bus)).map((letter) => [`${letter.partition}/${letter.offset}`, letter]))
  const chosen = request.letters.map(({ partition, offset, value }) => {
    const letter = listed.get(`${partition}/${offset}`)
    if (!letter) {
      throw new StreamForgeError('NOT_FOUND', `there is no dead letter at partition ${partition}, offset ${offset}`, {
        remedy: 'it may have been put back already; read the list again',
      })
    }
    return value === undefined ? letter : mended(letter, value)
  })
  await redriveDeadLetters(bus, chosen)
  return chosen.length
}

/** What people type is text; the key keeps its own bytes. */
function mended(letter: DeadLetterList['letters'][number], value: string): DeadLetterList['letters'][number] {
  return letter.encoding === 'utf8' ? { ...letter, value } : { ...letter, value: Buffer.from(value).toString('base64') }
}
