import { toStreamForgeError, StreamForgeError } from '@streamforge/contracts'
import type { LiveFrame } from './live-venue.ts'

export type Fields = Readonly<Record<string, unknown>>

const HEAD = 120

/** Reads a message by `interpret`. Whatever is wrong with it becomes one kind of error, which shows the head of the message. */
export function readFrame(venue: string, text: string, interpret: (json: Fields) => LiveFrame): LiveFrame {
  try {
    const json = JSON.parse(text) as unknown
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('it is no object')
    return interpret(json as Fields)
  } catch (error) {
    const { message } = toStreamForgeError(error)
    throw new StreamForgeError('VENUE_BAD_RESPONSE', `a frame of ${venue} could not be used: ${message.slice(0, 200)}: ${JSON.stringify(text.slice(0, HEAD))}`, {
      cause: error, remedy: 'what it may have carried is fetched over REST; if this goes on, the venue has changed its format',
    })
  }
}
