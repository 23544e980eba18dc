import { StreamForgeError } from '@streamforge/contracts'
import { createTransport } from 'nodemailer'
import { deliveryMs, type Channel } from './channel.ts'
import { writeHeadline, writeNotice } from './write-notice.ts'

export interface MailOptions {
  /** smtp://host:port or smtps://host:port */
  url: string
  user: string | undefined
  password: string | undefined
  from: string
  to: readonly string[]
}

/** A mail over SMTP. Its Message-ID is made of the notice, so that one sent again is seen to be the same. */
export function mailChannel({ url, user, password, from, to }: MailOptions): Channel {
  const { hostname, port, protocol } = new URL(url)
  const secure = protocol === 'smtps:'
  const transport = createTransport({
    host: hostname, port: Number(port || (secure ? 465 : 587)), secure,
    // A password goes over an encrypted connection only.
    requireTLS: password !== undefined && !secure,
    ...(user !== undefined && password !== undefined && { auth: { user, pass: password } }),
    connectionTimeout: deliveryMs, greetingTimeout: deliveryMs, socketTimeout: deliveryMs, disableFileAccess: true, disableUrlAccess: true,
  })
  const domain = from.split('@').at(-1)!
  return {
    name: 'mail',
    async deliver(notice) {
      await transport.sendMail({
        from, to: [...to], subject: writeHeadline(notice), text: writeNotice(notice), messageId: `<${notice.id}.${notice.at}.streamforge@${domain}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      }).catch((error: unknown) => { throw deliveryError(error) })
    },
    close: async () => transport.close(),
  }
}

/** Without the server's own words, which may repeat a user name or what was sent. */
function deliveryError(error: unknown): StreamForgeError {
  const { code = 'no code', responseCode } = error as { code?: string; responseCode?: number }
  const what = `the mail server: ${code}${responseCode === undefined ? '' : ` ${responseCode}`}`
  // 5xx is for good (RFC 5321, 4.2.1).
  const refused = code === 'EAUTH' || (responseCode !== undefined && responseCode >= 500)
  return new StreamForgeError(refused ? 'DELIVERY_REFUSED' : 'DELIVERY_FAILED', what, refused ? { remedy: 'check its address, user and password, and the mail addresses' } : {})
}
