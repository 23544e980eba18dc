import pino, { type DestinationStream } from 'pino'

/** Characters of lines that wait while the disk is full; what comes then is dropped. */
const mostWaiting = 1_000_000

/** Standard output, or another descriptor. A log that cannot be written (disk full, reader gone) never ends the service: lines wait for room, as many as fit. */
export function logDestination(fd = 1): DestinationStream {
  const destination = pino.destination({ dest: fd, sync: true, maxLength: mostWaiting })
  // Without a listener an error of the stream would reach nobody, and so end the process.
  destination.on('error', () => undefined)
  return destination
}
