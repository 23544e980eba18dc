import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes a kubeconfig with everything in it, so that it can be copied, readable by its owner only. */
export async function writeKubeconfig(path: string, { url, certificates, identity }: { url: string; certificates: string; identity: string }): Promise<void> {
  const [authority, certificate, key] = await Promise.all(['ca.crt', `${identity}.crt`, `${identity}.key`].map(async (name) => (await readFile(join(certificates, name))).toString('base64')))
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'streamforge',
    clusters: [{ name: 'streamforge', cluster: { server: url, 'certificate-authority-data': authority } }],
    users: [{ name: identity, user: { 'client-certificate-data': certificate, 'client-key-data': key } }],
    contexts: [{ name: 'streamforge', context: { cluster: 'streamforge', user: identity } }],
  }
  // YAML contains JSON.
  await writeFile(path, `${JSON.stringify(document, undefined, 2)}\n`, { mode: 0o600 })
}
