import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installDebianPackages } from '../debian-packages.ts'
import { runToEnd, whyNotRunnable } from '../run-to-end.ts'

const days = '3650'

/** Where the certificate of the broker's authority lies: what clients trust. */
export const kafkaCaFile = (directory: string): string => join(directory, 'tls-ca.pem')

/** A certificate authority of the broker's own and a certificate for the address it listens on, made once in `directory`. */
export async function kafkaCertificates(directory: string, host: string): Promise<{ keyStore: string; caFile: string }> {
  const file = (name: string) => join(directory, name)
  const files = { keyStore: file(`tls-${host}.pem`), caFile: kafkaCaFile(directory) }
  if (await exists(files.keyStore)) return files
  if (await whyNotRunnable('openssl', ['version'])) await installDebianPackages(['openssl'])
  const elliptic = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  if (!(await exists(files.caFile))) {
    await openssl('req', '-x509', ...elliptic, '-keyout', file('tls-ca.key'), '-out', files.caFile, '-days', days, '-subj', '/CN=StreamForge Kafka CA')
  }
  const [key, request, certificate, extensions] = [file('tls.key'), file('tls.csr'), file('tls.crt'), file('tls.ext')]
  await writeFile(extensions, `subjectAltName=${subjectNames(host)}\n`)
  await openssl('req', ...elliptic, '-keyout', key, '-out', request, '-subj', `/CN=${host}`)
  await openssl('x509', '-req', '-in', request, '-CA', files.caFile, '-CAkey', file('tls-ca.key'), '-CAcreateserial', '-out', certificate, '-days', days, '-extfile', extensions)
  // One file with the key first, as Kafka reads it.
  await writeFile(files.keyStore, (await readFile(key, 'utf8')) + (await readFile(certificate, 'utf8')), { mode: 0o600 })
  return files
}

const subjectNames = (host: string) => ['localhost', host, '127.0.0.1'].filter((name, index, all) => all.indexOf(name) === index)
  .map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',')

async function openssl(...args: string[]): Promise<void> {
  const { status, output } = await runToEnd('openssl', args)
  if (status !== 0) throw new Error(`a certificate for Kafka could not be made (openssl ${args[0]}): ${output.slice(-1000)}`)
}

const exists = (path: string) => stat(path).then(() => true, () => false)
