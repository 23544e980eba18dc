import { StreamForgeError, storeOperations, type StoreRequest } from '@streamforge/contracts'
import { isDocumentKey } from '../document-rules.ts'
import type { SerialisedDocument, WriteResult } from '../store.ts'

export type WriteHead = StoreRequest<'write'>

/** The body of `write`: see documentLinesType in the contracts. Keys were checked; the texts hold no line breaks. */
export function documentLines(head: WriteHead, documents: readonly SerialisedDocument[]): string {
  let body = JSON.stringify(head)
  for (const { _key, json } of documents) body += `\n${_key}\t${json}`
  return body
}

/**
 * Reads what {@link documentLines} wrote. Each text is parsed here, once, so that only JSON objects get into the store; those that are none
 * are refused one by one.
 * @throws StreamForgeError BAD_REQUEST when the first line is not what it should be
 */
export function readDocumentLines(body: string): { head: WriteHead; documents: SerialisedDocument[]; rejected: WriteResult['rejected'] } {
  const [first = '', ...lines] = body.split('\n')
  const documents: SerialisedDocument[] = []
  const rejected: WriteResult['rejected'] = []
  for (const line of lines) {
    const tab = line.indexOf('\t')
    const document = { _key: line.slice(0, Math.max(tab, 0)), json: line.slice(tab + 1) }
    const reason = isDocumentKey(document._key) ? whyNotStored(document.json) : 'not a document key'
    if (reason === undefined) documents.push(document)
    else rejected.push({ key: document._key.slice(0, 300), reason })
  }
  return { head: readHead(first), documents, rejected }
}

function readHead(line: string): WriteHead {
  const parsed = storeOperations.write.request.safeParse(parse(line))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new StreamForgeError('BAD_REQUEST', `the first line does not say what is to be written: ${issue?.path.join('.')} ${issue?.message}`)
}

function whyNotStored(json: string): string | undefined {
  const value = parse(json)
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !json.startsWith('{')) return 'not the text of a JSON object'
  return '_key' in value ? '_key is in the text too' : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
