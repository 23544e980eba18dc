import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { influxdbVersion } from '../influxdb/influxdb-program.ts'
import { kafkaVersion } from '../kafka/kafka-jars.ts'
import { keycloakVersion } from '../keycloak/keycloak-distribution.ts'
import { minioVersion } from '../minio/minio.ts'
import { mlflowVersion } from '../mlflow/mlflow-environment.ts'
import { usage } from './arguments.ts'
import { catalog, serverNames } from './catalog.ts'

const page = await readFile(new URL('../../../../docs/SERVERS.md', import.meta.url), 'utf8')
const rowOf = (name: string) => page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? ''
const versions = { kafka: kafkaVersion, minio: minioVersion, influxdb: influxdbVersion, mlflow: mlflowVersion, keycloak: keycloakVersion }

it.each(serverNames)('docs/SERVERS.md has %s with its version and port', (name) => {
  const row = rowOf(name)
  expect(row).toMatch(new RegExp(`\\| ${catalog[name].port} \\|$`))
  if (name in versions) expect(row).toContain(versions[name as keyof typeof versions])
})

it('docs/SERVERS.md has every option', () => {
  for (const [option] of usage.matchAll(/^--\w+/gm)) expect(page).toContain(`| \`${option}`)
})
