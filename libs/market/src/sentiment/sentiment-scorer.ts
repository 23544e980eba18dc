import type { NewsSentiment } from '@streamforge/contracts'

/** What a text says: -1 as bad as can be, 0 neither, 1 as good as can be. */
export interface TextSentiment {
  score: number
  label: NewsSentiment['label']
}

/** The port: judges texts. Every score that is kept says which scorer and version made it. */
export interface SentimentScorer {
  /** Such as `lexicon` or `finbert`. */
  readonly name: string
  /** Changes whenever the same text might get another score. */
  readonly version: string
  /** One answer a text, in their order. The same text always gets the same answer. */
  score(texts: readonly string[]): Promise<TextSentiment[]>
  close(): Promise<void>
}

/** Scores nearer to 0 than this are neutral, as in VADER (Hutto and Gilbert 2014). */
export const neutralBand = 0.05

export const labelOf = (score: number): TextSentiment['label'] => (score >= neutralBand ? 'positive' : score <= -neutralBand ? 'negative' : 'neutral')
