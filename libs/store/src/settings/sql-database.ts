export type SqlValue = string | number | null
export type Row = Readonly<Record<string, unknown>>

/** One statement, with parameters $1, $2, ... */
export type Query = (sql: string, parameters?: readonly SqlValue[]) => Promise<Row[]>

/** What the two databases have in common, as far as settings need it. Errors are StreamForgeErrors. */
export interface SqlDatabase {
  readonly kind: 'sqlite' | 'postgres'
  query: Query
  /**
   * Runs `work` in one transaction while no other process does so. `execute` takes several statements without parameters.
   * What `work` throws undoes it.
   */
  alone(work: (query: Query, execute: (sql: string) => Promise<void>) => Promise<void>): Promise<void>
  close(): Promise<void>
}
