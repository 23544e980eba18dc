/**
 * One request and its answer, in the form that ArangoDB's HTTP API has in 3.11 and 3.12. The forms of paths, parameters, statuses and
 * bodies follow the examples of its documentation (documents, collections, indexes, cursors, named graphs, databases);
 * fields of answers that no client needs are left out.
 */
export interface Exchange {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below `/_db/market`, or whole from `/_db/` on. */
  path: string
  query?: Readonly<Record<string, string>>
  ifMatch?: string
  body?: unknown
  status: number
  headers?: Readonly<Record<string, string>>
  answer: unknown
}

export const failure = (code: number, errorNum: number, errorMessage: string) => ({ code, error: true, errorMessage, errorNum })

/** An entry of a bulk answer whose document was stored. */
export const stored = (collection: string, key: string, rev: string, old?: { _rev: string; [field: string]: unknown }) => ({
  _id: `${collection}/${key}`, _key: key, _rev: rev,
  ...(old ? { _oldRev: old._rev, old: { _id: `${collection}/${key}`, _key: key, ...old } } : {}),
})

/** An entry of a bulk answer whose document was refused. */
export const refused = (errorNum: number, errorMessage: string) => ({ error: true, errorNum, errorMessage })

export const openDatabase: Exchange = {
  method: 'GET', path: '/_api/database/current', status: 200,
  answer: { error: false, code: 200, result: { name: 'market', id: '70068', path: 'none', isSystem: false } },
}
