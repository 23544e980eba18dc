import { z } from 'zod'
import { defaultFinbertModel } from '@streamforge/market'

/** The environment of the service that judges articles, beside what every service reads. */
export const SentimentConfig = {
  SENTIMENT_SCORER: z.enum(['lexicon', 'finbert']).default('lexicon').describe('lexicon or finbert'),
  SENTIMENT_MODEL: z.string().min(1).default(defaultFinbertModel).describe('FinBERT: a model of the Hugging Face hub in ONNX form, or the name of its folder in SENTIMENT_MODEL_FOLDER'),
  SENTIMENT_MODEL_FOLDER: z.string().min(1).optional().describe('a folder with models; given, nothing is fetched from the hub'),
}
