/** A cookie's value; undefined where it was not sent, or more than once: one of them may be of somebody else. */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=')
    return at > 0 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : []
  })
  return values.length === 1 ? values[0] : undefined
}

export interface CookieOptions {
  /** Whether browsers reach the site by https. */
  secure: boolean
  /** Seconds; 0 deletes it. */
  maxAge: number
}

/**
 * For this site alone, out of reach of scripts. `Lax`: the way back from the issuer begins on its site, and `Strict` would hold the cookie back just then;
 * what changes something is guarded by the browser's word on where it comes from.
 */
export const setCookie = (name: string, value: string, { secure, maxAge }: CookieOptions): string =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAge}${secure ? '; Secure' : ''}`

/** With https the prefix `__Host-` lets no other host of the domain set it. */
export const cookieNames = (secure: boolean) => ({ session: `${secure ? '__Host-' : ''}streamforge_session`, signIn: `${secure ? '__Host-' : ''}streamforge_sign_in` })
