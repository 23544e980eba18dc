import { StreamForgeError } from '@streamforge/contracts'
import type { Parser } from '../parsers/parser.ts'

/** Sources label JSON and XML loosely; a web page in their place (a consent form, a login) is what must not pass. */
export function checkType(accepts: Parser['accepts'], contentType: string, text: string): void {
  const start = text.slice(0, 500).replace(/^\uFEFF/, '').trimStart()
  const wrong = () => {
    throw new StreamForgeError('FEED_WRONG_TYPE', `expected ${accepts}, the answer is ${contentType || 'of no stated type'}${/^<(!doctype html|html)/i.test(start) ? ', a web page' : ''}`)
  }
  if (accepts === 'json' && !/^[[{]/.test(start)) wrong()
  if (accepts === 'xml' && !/^<(\?xml|!--|rss|feed|rdf:rdf|!doctype rss)/i.test(start)) wrong()
  if (/^(image|video|audio|font)\//.test(contentType) || contentType === 'application/pdf' || contentType === 'application/zip') wrong()
}
