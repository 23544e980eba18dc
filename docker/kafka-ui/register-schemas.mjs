// Brings the schemas of docs/api/schemas to a schema registry, where kafka-ui shows them: `node register-schemas.mjs <folder>`, SCHEMA_REGISTRY_URL set.
// Messages themselves stay plain JSON; nothing of StreamForge reads the registry.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const [folder = '/schemas'] = process.argv.slice(2)
const registry = process.env.SCHEMA_REGISTRY_URL ?? 'http://schema-registry:8081'
const suffix = '.schema.json'

async function ask(method, path, body) {
  const response = await fetch(`${registry}${path}`, {
    method, headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(30_000),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${(await response.text()).slice(0, 500)}`)
}

// They are made from the code, which alone decides what fits what.
await ask('PUT', '/config', { compatibility: 'NONE' })
const files = (await readdir(folder)).filter((name) => name.endsWith(suffix)).sort()
if (files.length === 0) throw new Error(`there are no schemas in ${folder}`)
for (const file of files) {
  const subject = `${file.slice(0, -suffix.length)}-value`
  await ask('POST', `/subjects/${subject}/versions`, { schemaType: 'JSON', schema: await readFile(join(folder, file), 'utf8') })
}
process.stdout.write(`${files.length} schemas are in ${registry}\n`)
