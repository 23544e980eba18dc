import { access, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { serverNames } from '../command/catalog.ts'
import { influxdbVersion } from '../influxdb/influxdb-program.ts'
import { kafkaVersion } from '../kafka/kafka-jars.ts'
import { keycloakVersion } from '../keycloak/keycloak-distribution.ts'
import { mlflowVersion } from '../mlflow/mlflow-environment.ts'

interface Service {
  image: string
  profiles: string[]
  ports?: string[]
  volumes?: string[]
  restart?: string
  healthcheck?: object
  depends_on?: Record<string, { condition: string }>
}

const file = fileURLToPath(new URL('../../../../docker/compose.yml', import.meta.url))
const text = await readFile(file, 'utf8')
const { services, volumes } = parse(text, { merge: true }) as { services: Record<string, Service>; volumes: Record<string, null> }
const all = Object.entries(services)

describe.each(all)('%s as a container', (_name, service) => {
  it('has an image of one version', () => {
    const [, tag] = /:([^/:]+)$/.exec(service.image) ?? []
    expect(tag).toMatch(/^v?\d+\.\d+(\.\d+)?(-[a-z]+)*$|^RELEASE\.\d{4}-\d{2}-\d{2}T/)
  })

  it('mounts only what is there', async () => {
    for (const mount of service.volumes ?? []) {
      const [source, target] = mount.split(':') as [string, string]
      expect(target).toMatch(/^\//)
      if (source.startsWith('.')) await expect(access(join(dirname(file), source))).resolves.toBeUndefined()
      else expect(Object.keys(volumes)).toContain(source)
    }
  })

  it('listens on the loopback interface only', () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  })

  it('is known to be up, and comes back by itself, unless it is there to end', () => {
    if (service.restart === 'no') return
    expect(service.healthcheck).toBeDefined()
    expect(service.restart).toBe('unless-stopped')
  })

  it('is in no profile without what it depends on', () => {
    expect(service.profiles.length).toBeGreaterThan(0)
    for (const needed of Object.keys(service.depends_on ?? {})) expect(services[needed]!.profiles).toEqual(expect.arrayContaining(service.profiles))
  })
})

it('takes each password from a file that the user makes, and has none itself', async () => {
  const example = await readFile(join(dirname(file), '.env.example'), 'utf8')
  const wanted = new Set([...text.matchAll(/\$\{(\w+)(:\?[^}]*)?\}/g)].map(([, name, needed]) => {
    expect(needed, name).toBeDefined()
    return name
  }))
  expect([...example.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => `${name}=${value}`).sort()).toEqual([...wanted].map((name) => `${name}=`).sort())
})

it('has the servers that run without containers, of the same versions', () => {
  for (const name of serverNames) expect(Object.keys(services)).toContain(name)
  const images = Object.fromEntries(all.map(([name, { image }]) => [name, image]))
  expect(images).toMatchObject({
    kafka: `apache/kafka:${kafkaVersion}`, influxdb: `influxdb:${influxdbVersion}`, mlflow: `ghcr.io/mlflow/mlflow:v${mlflowVersion}`,
    keycloak: `quay.io/keycloak/keycloak:${keycloakVersion}`,
  })
})

it('gives no two of them one port of the machine', () => {
  const ports = all.flatMap(([, { ports: mapped = [] }]) => mapped.map((port) => port.split(':')[1]))
  expect(new Set(ports).size).toBe(ports.length)
})
