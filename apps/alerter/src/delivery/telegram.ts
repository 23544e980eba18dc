import type { Channel } from './channel.ts'
import { openPoster } from './post-json.ts'
import { writeNotice } from './write-notice.ts'

/** Telegram refuses longer texts. */
const mostCharacters = 4096

/** A bot's message to a chat: https://core.telegram.org/bots/api#sendmessage. Plain text, so that no name in an alert is taken for markup. */
export function telegramChannel({ url, token, chat }: { url: string; token: string; chat: string }): Channel {
  const address = `${url.replace(/\/$/, '')}/bot${token}/sendMessage`
  const poster = openPoster('Telegram', address)
  return {
    name: 'telegram',
    deliver: (notice) => poster.post({
      body: { chat_id: chat, text: writeNotice(notice).slice(0, mostCharacters), link_preview_options: { is_disabled: true } },
    }),
    close: async () => poster.close(),
  }
}
