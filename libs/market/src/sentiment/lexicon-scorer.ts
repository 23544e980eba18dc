import { afinn165FinancialMarketNews } from 'afinn-165-financialmarketnews'
import { financeWords } from './finance-words.ts'
import { scoreTokens, type Lexicon } from './score-tokens.ts'
import { labelOf, type SentimentScorer } from './sentiment-scorer.ts'
import { splitWords } from './split-words.ts'

/** Of the package's words, ours and the rules: whoever changes any of them changes this. */
const version = '1.0.0+afinn-165-financialmarketnews-3.0.0'

/**
 * The default scorer: a lexicon of finance (AFINN's 3,500 words and phrases as `afinn-165-financialmarketnews` has them, with our own of markets and posts), negation
 * and emphasis. It knows no grammar; what it reaches on labelled posts is in docs/BENCHMARKS.md.
 */
export function lexiconScorer(): SentimentScorer {
  const lexicon = buildLexicon()
  return {
    name: 'lexicon', version,
    score: async (texts) => texts.map((text) => {
      // Zero without its sign, which JSON does not keep.
      const score = scoreTokens(splitWords(text), lexicon) + 0
      return { score, label: labelOf(score) }
    }),
    close: async () => undefined,
  }
}

function buildLexicon(): Lexicon {
  const valences = new Map([...Object.entries(afinn165FinancialMarketNews), ...financeWords])
  const longest = new Map<string, number>()
  for (const entry of valences.keys()) {
    const words = entry.split(' ')
    if (words.length > (longest.get(words[0]!) ?? 1)) longest.set(words[0]!, words.length)
  }
  return { valenceOf: (words) => valences.get(words), longestFrom: (word) => longest.get(word) ?? 1 }
}
