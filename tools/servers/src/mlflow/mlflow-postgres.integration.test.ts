import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import pg from 'pg'
import { type PostgresServer, startPostgres } from '../postgres/postgres.ts'
import { postgresAvailable } from '../postgres/postgres-programs.ts'
import { mlflowAvailable, mlflowVersion } from './mlflow-environment.ts'
import { type MlflowServer, startMlflow } from './mlflow.ts'

const availables = [await postgresAvailable(), await mlflowAvailable()]
const missing = availables.find((available) => !available.ok)
const skipped = missing && !missing.ok ? ` (skipped: ${missing.reason})` : ''

describe.skipIf(skipped !== '')(`a real MLflow ${mlflowVersion} on PostgreSQL${skipped}`, () => {
  let postgres: PostgresServer
  let backendStore: string
  let mlflow: MlflowServer
  beforeAll(async () => {
    postgres = await startPostgres()
    backendStore = await postgres.database('mlflow')
    mlflow = await startMlflow({ backendStore })
  })
  afterAll(async () => {
    await mlflow?.stop()
    await postgres?.stop()
  })

  it('keeps experiments in the database', async () => {
    const response = await fetch(`${mlflow.url}/api/2.0/mlflow/experiments/create`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'kept in PostgreSQL' }),
    })
    const { experiment_id } = await response.json() as { experiment_id: string }
    const client = new pg.Client({ connectionString: backendStore })
    await client.connect()
    try {
      const { rows } = await client.query('SELECT name FROM experiments WHERE experiment_id = $1', [experiment_id])
      expect(rows).toEqual([{ name: 'kept in PostgreSQL' }])
    } finally {
      await client.end()
    }
  })
})
