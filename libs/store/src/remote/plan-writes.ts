import { isDocumentKey, refusal, shownKey } from '../document-rules.ts'
import { serialise } from '../serialise.ts'
import type { SerialisedDocument, StoredDocument, WriteResult } from '../store.ts'

/** One request holds at most so many documents and about so many characters: the server writes it in one transaction. */
export const largestRequest = { documents: 5000, characters: 4 * 1024 * 1024 }
/** What the server takes at most in one request, less what surrounds a document. */
const LARGEST_DOCUMENT = 60 * 1024 * 1024

type Rejection = WriteResult['rejected'][number]
/** A document as it travels, or why it does not. */
export type Prepared = SerialisedDocument | Rejection

/** Whether the ends of an edge are right is seen by the server, which knows the collection's kind. */
export function prepareDocument(document: StoredDocument): Prepared {
  const reason = refusal(document, 'document')
  const text = reason === undefined ? serialise(document) : { reason }
  if (typeof text !== 'string') return { key: shownKey(document), reason: text.reason }
  const json = withoutKey(text, document)
  // Bytes are at most three a character.
  return json.length * 3 > LARGEST_DOCUMENT && Buffer.byteLength(json) > LARGEST_DOCUMENT
    ? { key: document._key, reason: `larger than ${LARGEST_DOCUMENT} bytes` } : { _key: document._key, json }
}

/** Text of others: it may hold line breaks, which separate documents on their way. */
export function prepareSerialised({ _key: key, json }: SerialisedDocument): Prepared {
  if (!isDocumentKey(key)) return { key: String(key).slice(0, 300), reason: 'not a document key' }
  if (!json.startsWith('{')) return { key, reason: 'not the text of a JSON object' }
  return { _key: key, json: json.includes('\n') ? json.replaceAll('\n', ' ') : json }
}

/** Documents nearly always begin with their key: it is cut off the text then, in place of copying the document. */
function withoutKey(text: string, document: StoredDocument): string {
  const start = `{"_key":"${document._key}"`
  if (text.startsWith(`${start},`)) return `{${text.slice(start.length + 1)}`
  if (text === `${start}}`) return '{}'
  const { _key, ...rest } = JSON.parse(text) as StoredDocument
  return JSON.stringify(rest)
}

/** Parts of a batch, each small enough for one request; what cannot travel goes to `rejected`. */
export function* planWrites<D>(documents: readonly D[], prepare: (document: D) => Prepared, rejected: Rejection[]): Generator<SerialisedDocument[]> {
  let part: SerialisedDocument[] = []
  let characters = 0
  for (const document of documents) {
    const prepared = prepare(document)
    if ('reason' in prepared) {
      rejected.push(prepared)
      continue
    }
    if (part.length > 0 && (part.length >= largestRequest.documents || characters + prepared.json.length > largestRequest.characters)) {
      yield part
      part = []
      characters = 0
    }
    part.push(prepared)
    characters += prepared.json.length
  }
  if (part.length > 0) yield part
}
