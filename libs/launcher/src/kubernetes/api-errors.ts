import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'

const Coded = z.object({ code: z.number() })
const Answered = z.object({ statusCode: z.number() })

/** The HTTP status of an API server's refusal; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return Coded.safeParse(error).data?.code ?? Answered.safeParse(error).data?.statusCode
}

const StatusBody = z.object({ message: z.string() })

/** What the API server says of a refusal, as far as it says anything. */
function reasonOf(error: unknown): string {
  const body = z.object({ body: z.unknown() }).safeParse(error).data?.body
  const told = StatusBody.safeParse(typeof body === 'string' ? parseJson(body) : body).data?.message
  if (told !== undefined) return told
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A failed request as a coded error: what another try may mend as LAUNCHER_UNAVAILABLE, what it cannot as LAUNCH_FAILED. */
export function launcherError(what: string, cause: unknown): StreamForgeError {
  if (cause instanceof StreamForgeError) return cause
  const status = statusOf(cause)
  const message = `${what}: ${reasonOf(cause)}`
  if (status === 404) return new StreamForgeError('NOT_FOUND', message, { cause })
  if (status === 409) return new StreamForgeError('CONFLICT', message, { cause })
  if (status === 400 || status === 403 || status === 422) {
    return new StreamForgeError('LAUNCH_FAILED', `the API server refused: ${message}`, {
      cause, remedy: "403: the service account's role must allow it, and the namespace's quota leave room; see docs/KUBERNETES.md", details: { status },
    })
  }
  return new StreamForgeError('LAUNCHER_UNAVAILABLE', `the API server of Kubernetes cannot be asked: ${message}`, {
    cause, remedy: 'it is tried again until it answers', details: { ...(status !== undefined && { status }) },
  })
}
