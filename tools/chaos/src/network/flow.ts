import type { Socket } from 'node:net'
import type { LineFault } from './faulty-proxy.ts'

/** Bytes on their way hold back the sender beyond this. */
const onTheWay = 1024 * 1024

interface Parcel {
  /** Undefined is the end. */
  readonly bytes: Buffer | undefined
  readonly came: number
}

/** One way of a connection: what comes from one socket goes to the other, when the line lets it. */
export function flowFrom(from: Socket, to: Socket, fault: () => LineFault): { changed(): void } {
  const parcels: Parcel[] = []
  let waiting = 0
  let timer: NodeJS.Timeout | undefined
  /** When the line is free for the next byte. */
  let freeAt = 0

  const pump = () => {
    clearTimeout(timer)
    for (let parcel = parcels[0]; parcel && !to.destroyed; parcel = parcels[0]) {
      const { held, delayMs = 0, bytesPerSecond } = fault()
      if (held) return
      const wait = Math.max(parcel.came + delayMs, bytesPerSecond === undefined ? 0 : freeAt) - performance.now()
      if (wait > 0) {
        timer = setTimeout(pump, wait)
        return
      }
      parcels.shift()
      if (parcel.bytes === undefined) return void to.end()
      if (bytesPerSecond !== undefined) freeAt = performance.now() + (parcel.bytes.length / bytesPerSecond) * 1000
      waiting -= parcel.bytes.length
      to.write(parcel.bytes)
    }
    if (waiting < onTheWay && !to.writableNeedDrain) from.resume()
  }

  from.on('data', (bytes) => {
    parcels.push({ bytes, came: performance.now() })
    waiting += bytes.length
    pump()
    if (waiting >= onTheWay || to.writableNeedDrain) from.pause()
  })
  from.once('end', () => {
    parcels.push({ bytes: undefined, came: performance.now() })
    pump()
  })
  from.once('close', () => {
    // Without an end before: it broke.
    if (!from.readableEnded && !to.destroyed) to.resetAndDestroy()
  })
  to.on('drain', pump)
  to.once('close', () => clearTimeout(timer))
  return { changed: pump }
}
