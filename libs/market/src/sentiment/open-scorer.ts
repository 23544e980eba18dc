import { finbertScorer } from './finbert-scorer.ts'
import { lexiconScorer } from './lexicon-scorer.ts'
import type { SentimentScorer } from './sentiment-scorer.ts'

export interface ScorerChoice {
  name: 'lexicon' | 'finbert'
  /** Of FinBERT: a model of the hub, or a folder in `modelFolder`. */
  model?: string
  modelFolder?: string | undefined
}

/** @throws StreamForgeError BACKEND_UNAVAILABLE, NOT_FOUND where FinBERT's package or model is not there */
export async function openScorer({ name, model, modelFolder }: ScorerChoice): Promise<SentimentScorer> {
  switch (name) {
    case 'lexicon': return lexiconScorer()
    case 'finbert': return finbertScorer({ ...(model !== undefined && { model }), modelFolder })
    default: return name satisfies never
  }
}
