import type { Channel } from './channel.ts'
import { openPoster } from './post-json.ts'

/** The notice as it is (AlertNotice of contracts). `Idempotency-Key` is the same when it is sent again. */
export function webhookChannel({ url, token }: { url: string; token: string | undefined }): Channel {
  const poster = openPoster('the webhook', url)
  return {
    name: 'webhook',
    deliver: (notice) => poster.post({
      headers: { 'idempotency-key': notice.id, ...(token && { authorization: `Bearer ${token}` }) }, body: notice,
    }),
    close: async () => poster.close(),
  }
}
