import type { Channel } from './channel.ts'
import { postJson } from './post-json.ts'

/** The notice as it is (AlertNotice of contracts). `Idempotency-Key` is the same when it is sent again. */
export function webhookChannel({ url, token }: { url: string; token: string | undefined }): Channel {
  return {
    name: 'webhook',
    deliver: (notice) => postJson({
      what: 'the webhook', url, headers: { 'idempotency-key': notice.id, ...(token && { authorization: `Bearer ${token}` }) }, body: notice,
    }),
    close: async () => undefined,
  }
}
