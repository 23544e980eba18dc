import { clauseEnd, type Token } from './split-words.ts'

/** Words and phrases (their words joined by blanks) with their valence, -5 to 5. */
export interface Lexicon {
  valenceOf(words: string): number | undefined
  /** Words of the longest phrase that begins with this one; 1: only the word itself. */
  longestFrom(word: string): number
}

const negations = new Set(("no not n't never none nobody nothing neither nor cannot cant dont doesnt didnt isnt wasnt arent werent wont wouldnt shouldnt couldnt aint without hardly scarcely barely fails failed unlikely").split(' '))
/** By how much a word before makes the next stronger or weaker. The steps are VADER's (Hutto and Gilbert, ICWSM 2014). */
const emphasis = new Map<string, number>([
  ...('very really extremely hugely sharply significantly strongly massively insanely super so highly incredibly totally absolutely deeply dramatically fucking huge big massive sharp'.split(' ')).map((word) => [word, 0.293] as const),
  ...('slightly somewhat marginally modestly barely partly little bit kinda almost mildly'.split(' ')).map((word) => [word, -0.293] as const),
])
const turns = new Set(['but', 'however', 'although', 'though', 'yet'])
const reach = 3
const negated = -0.74
const beforeTurn = 0.5
const afterTurn = 1.5
/** What a sum of valences is measured against; VADER's constant. */
const normalisation = 15

/**
 * The score of a text, -1 to 1: the valences of its words and phrases, turned round by a negation up to three words before in the same clause, stronger or weaker by
 * the word right before, halved before a "but" and half as much again after it, their sum s as `s / sqrt(s² + 15)`. The rules are VADER's.
 */
export function scoreTokens(tokens: readonly Token[], lexicon: Lexicon): number {
  const turn = tokens.findLastIndex((token) => turns.has(token))
  let sum = 0
  for (let i = 0; i < tokens.length;) {
    const { valence, words } = longestMatch(tokens, i, lexicon)
    if (valence !== 0) {
      const weight = turn < 0 ? 1 : i < turn ? beforeTurn : afterTurn
      sum += weight * inContext(tokens, i, valence)
    }
    i += words
  }
  return sum / Math.sqrt(sum * sum + normalisation)
}

/** Of a word and the phrases that begin with it the longest that the lexicon has. */
function longestMatch(tokens: readonly Token[], at: number, lexicon: Lexicon): { valence: number; words: number } {
  const word = tokens[at]!
  if (word === clauseEnd) return { valence: 0, words: 1 }
  if (word.endsWith('%')) return { valence: percentValence(word), words: 1 }
  for (let words = Math.min(lexicon.longestFrom(word), tokens.length - at); words > 1; words--) {
    const valence = lexicon.valenceOf(tokens.slice(at, at + words).join(' '))
    if (valence !== undefined) return { valence, words }
  }
  return { valence: lexicon.valenceOf(word) ?? lexicon.valenceOf(withoutDrawl(word)) ?? ofItsParts(word, lexicon), words: 1 }
}

/** `+4%` says as much as a good word, `-0.2 %` hardly anything: a valence of 1 at one percent, at most 3. */
function percentValence(text: string): number {
  const percent = Number(text.replace(/\s?%$/, '').replaceAll(',', ''))
  return Number.isFinite(percent) ? Math.sign(percent) * Math.min(3, Math.sqrt(Math.abs(percent))) : 0
}

/** `soooo` is `so`. */
const withoutDrawl = (word: string) => word.replaceAll(/(.)\1{2,}/gu, '$1')

/** Of `debt-fuelled` the words, where the whole is unknown. */
function ofItsParts(word: string, lexicon: Lexicon): number {
  if (!word.includes('-')) return 0
  return word.split('-').reduce((sum, part) => sum + (lexicon.valenceOf(part) ?? 0), 0)
}

function inContext(tokens: readonly Token[], at: number, valence: number): number {
  const strength = emphasis.get(tokens[at - 1] ?? '') ?? 0
  let value = valence + Math.sign(valence) * strength
  for (let i = at - 1; i >= Math.max(0, at - reach) && tokens[i] !== clauseEnd; i--) {
    const before = tokens[i]!
    if (!negations.has(before) && !before.endsWith("n't")) continue
    value *= negated
    break
  }
  return value
}
