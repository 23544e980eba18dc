import { StreamForgeError } from '@streamforge/contracts'

/** Statuses with which InfluxDB says that the points themselves are wrong; anything else may pass later. */
const refusals = new Set([400, 413, 422])

/** The driver's and the server's errors as ones with a code; everything else passes unchanged. */
export function fromInflux(error: unknown, server: string): unknown {
  if (error instanceof StreamForgeError || !(error instanceof Error)) return error
  const status = statusOf(error)
  const details = status === undefined ? {} : { status }
  const said = error.message.slice(0, 500)
  if (status !== undefined && refusals.has(status)) {
    return new StreamForgeError('STORE_REJECTED', `InfluxDB at ${server} refused: ${said}`, { cause: error, details })
  }
  if (status === 401 || status === 403) {
    // Not final: a token that is renewed must find everything that came meanwhile.
    return new StreamForgeError('STORE_UNAVAILABLE', `InfluxDB at ${server} does not take the token (status ${status})`, {
      cause: error, details, remedy: 'check INFLUX_TOKEN: it must be allowed to read and write the bucket',
    })
  }
  return new StreamForgeError('STORE_UNAVAILABLE', `InfluxDB at ${server} ${status === undefined ? 'does not answer' : `answered ${status}`}: ${said}`, {
    cause: error, details, remedy: 'check its address and state',
  })
}

function statusOf(error: Error): number | undefined {
  const status = 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' ? status : undefined
}
