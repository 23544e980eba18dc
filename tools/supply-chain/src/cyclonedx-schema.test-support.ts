import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'

const folder = join(dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json')), 'res/schema')
/** As the schema of bills names the other two. */
const base = 'http://cyclonedx.org/schema'
const read = async (name: string): Promise<object> => JSON.parse(await readFile(join(folder, `${name}.SNAPSHOT.schema.json`), 'utf8')) as object

/** The official JSON schema of CycloneDX 1.6, as OWASP's own library carries it: what is wrong with a document by it. No network. For tests. */
export async function cycloneDxProblems(): Promise<(document: unknown) => string[]> {
  const [bill, licences, signatures] = await Promise.all([read('bom-1.6'), read('spdx'), read('jsf-0.82')])
  const ajv = new Ajv({ strict: false, allErrors: true, schemas: { [`${base}/spdx.SNAPSHOT.schema.json`]: licences, [`${base}/jsf-0.82.SNAPSHOT.schema.json`]: signatures } })
  formats.default(ajv)
  // Of these two no bill of ours has any; the library takes the one for everything, too.
  for (const format of ['iri-reference', 'idn-email']) ajv.addFormat(format, true)
  const validate = ajv.compile(bill)
  return (document) => (validate(document) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`))
}
