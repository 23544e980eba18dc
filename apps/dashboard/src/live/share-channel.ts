import type { LivePayload } from '@streamforge/contracts'

/** Takes a payload as JSON text: written once, however many pages it goes to. */
export type SendText = (payload: string) => void
export type Publish = (payload: LivePayload) => void

/** What follows one channel. Everything it publishes goes to all pages that watch it. */
export interface ChannelSource {
  /**
   * Reads what a page lacks that has seen up to `since`. The function it resolves with is called in the moment in which the page joins: what
   * it leaves out will be published, so nothing falls between.
   */
  answer(since: number | undefined): Promise<() => LivePayload>
  /** Called every second, and soon after workers have reported. */
  refresh(): Promise<void>
  close(): void
}

export interface SharedChannel {
  readonly watchers: number
  /** Sends the answer, then every change. Returns the end of it. */
  join(since: number | undefined, send: SendText, onError: (error: unknown) => void): () => void
  refresh(): Promise<void>
  close(): void
}

/** One channel, followed once however many pages watch it. */
export function shareChannel(open: (publish: Publish) => ChannelSource): SharedChannel {
  const pages = new Set<SendText>()
  const joining = new Set<SendText>()
  const source = open((payload) => {
    if (!pages.size) return
    const text = JSON.stringify(payload)
    for (const send of [...pages]) send(text)
  })
  return {
    get watchers() { return pages.size + joining.size },
    join(since, send, onError) {
      // A page's own function: one that joins twice is two pages.
      const page: SendText = (text) => send(text)
      joining.add(page)
      source.answer(since).then((answer) => {
        if (!joining.delete(page)) return
        page(JSON.stringify(answer()))
        pages.add(page)
      }, (error: unknown) => { if (joining.delete(page)) onError(error) })
      return () => {
        joining.delete(page)
        pages.delete(page)
      }
    },
    refresh: () => source.refresh(),
    close: () => source.close(),
  }
}
