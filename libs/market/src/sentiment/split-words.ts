/** A piece of a text that may say something: a word in lower case, an emoji, a signed percentage, or `.` where a clause ends. */
export type Token = string

/** The end of a clause: a negation reaches no further. */
export const clauseEnd = '.'

const pieces = /https?:\/\/\S+|[$@#]?[\p{L}_]+(?:['-][\p{L}]+)*|[+-]\d+(?:[.,]\d+)*\s?%|\p{Extended_Pictographic}|[.!?;:,\n]+/gu
const address = /^(?:https?:|@)/

/**
 * The tokens of a text in its order. Addresses, names of users (`@somebody`) and tickers (`$AAPL`) say nothing and are left out; of a tag (`#crash`) the word
 * counts. Curly apostrophes are straight ones.
 */
export function splitWords(text: string): Token[] {
  const tokens: Token[] = []
  for (const [piece] of text.replaceAll('’', "'").matchAll(pieces)) {
    if (address.test(piece) || piece.startsWith('$')) continue
    tokens.push(/^[.!?;:,\n]/.test(piece) ? clauseEnd : piece.replace(/^#/, '').toLowerCase())
  }
  return tokens
}
