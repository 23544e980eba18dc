const quote = 0x22
const backslash = 0x5c
const opening = new Set([0x5b, 0x7b])
const closing = new Set([0x5d, 0x7d])

/** Whether arrays and objects of a JSON text lie deeper in each other than `most`; known without parsing, which would recurse as deep. */
export function isDeeperThan(most: number, text: string): boolean {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) i = endOfString(text, i)
    else if (opening.has(code) && ++depth > most) return true
    else if (closing.has(code)) depth--
  }
  return false
}

/** Where the string ends that begins at `from`; the text's length where it does not. */
function endOfString(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
  return at
}
