import type { StoredDocument } from './store.ts'

/** The document as JSON, or why it has no JSON form (a cycle, a BigInt). */
export function serialise(document: StoredDocument): string | { reason: string } {
  try {
    return JSON.stringify(document)
  } catch (error) {
    return { reason: `not JSON: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}` }
  }
}
