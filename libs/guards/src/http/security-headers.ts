/** Nothing of an API's answer is ever to be shown, framed or run by a browser. */
export const apiHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  ...sharedHeaders(),
}

export interface PagePolicy {
  /** Hashes (`sha256-...`) of style elements that libraries make at run time; everything else inline is refused. */
  styleHashes?: readonly string[]
}

/** For pages of our own: nothing inline, nothing from elsewhere, in nobody's frame. */
export function pageHeaders({ styleHashes = [] }: PagePolicy = {}): Readonly<Record<string, string>> {
  const styles = ["'self'", ...styleHashes.map((hash) => `'${hash}'`)].join(' ')
  return {
    'content-security-policy': [
      "default-src 'none'", "script-src 'self'", `style-src ${styles}`, "img-src 'self' data:", "connect-src 'self'", "manifest-src 'self'", "worker-src 'self'",
      "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'none'",
    ].join('; '),
    ...sharedHeaders(),
  }
}

/** https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html */
function sharedHeaders(): Record<string, string> {
  return {
    'x-content-type-options': 'nosniff',
    // Browsers that do not know frame-ancestors.
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    // Browsers heed it over https only, so that it does no harm on a laptop (RFC 6797, 8.1).
    'strict-transport-security': 'max-age=31536000',
  }
}
