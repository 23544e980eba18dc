import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { services } from '@streamforge/contracts'
import { runToEnd } from '@streamforge/servers'
import { kubectlProgram } from '@streamforge/servers/kubernetes'
import { beforeAll, expect, it } from 'vitest'
import { repositoryRoot as root, type ApiServer } from './api-server.ts'

/** What tools/bootstrap-cluster.sh and tools/request-certificate.sh do with an API server; both want root. */
export function bootstrapChecks(apiServer: () => ApiServer): void {
  let server: ApiServer['server']
  let folder: string
  const bootstrap = () => runToEnd('bash', [join(root, 'tools/bootstrap-cluster.sh'), '--distribution', 'k3s', '--secrets', 'plain', '--secrets-dir', join(folder, 'secrets')],
    { env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, KUBECONFIG: server.kubeconfig } })

  beforeAll(async () => {
    ({ server } = apiServer())
    folder = join(apiServer().folder, 'bootstrap')
    // A k3s that is installed already. What it would download is left out, and so is waiting: no node runs anything here.
    await mkdir(join(folder, 'bin'), { recursive: true })
    const k3s = join(folder, 'bin/k3s')
    await writeFile(k3s, `#!/bin/bash
shift
for word in "$@"; do case "$word" in https://*|wait) exit 0 ;; esac; done
exec ${await kubectlProgram()} "$@"
`)
    await chmod(k3s, 0o755)
  })

  const secrets = async () => (JSON.parse(await server.kubectl('get', 'secrets', '-A', '-o', 'json')) as { items: { metadata: { name: string; namespace: string; uid: string }; data: Record<string, string> }[] }).items

  it('makes what is missing, and the second time nothing', { timeout: 180_000 }, async () => {
    const first = await bootstrap()
    expect(first.status, first.output).toBe(0)
    const made = await secrets()
    const valueOf = (name: string, key: string) => Buffer.from(made.find(({ metadata }) => metadata.name === name)!.data[key]!, 'base64').toString()
    expect(made.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual(expect.arrayContaining(['stf/streamforge', 'stf/backup', 'streamforge-dependencies/minio', 'streamforge-monitoring/alertmanager']))
    for (const service of services) expect([valueOf(`kafka-${service}`, 'KAFKA_SASL_USERNAME'), valueOf(`kafka-${service}`, 'KAFKA_SASL_PASSWORD').length]).toEqual([service, 48])
    // Those who talk with each other have the same.
    expect(valueOf('streamforge', 'S3_SECRET_KEY')).toBe(valueOf('minio', 'password'))
    expect(valueOf('streamforge', 'INFLUX_TOKEN')).toBe(valueOf('influxdb', 'token'))
    expect(valueOf('streamforge', 'STORE_TOKEN')).toMatch(/^[0-9a-f]{48}$/)
    expect(new Set(['streamforge', 'keycloak', 'grafana'].map((name) => Object.values(made.find(({ metadata }) => metadata.name === name)!.data).at(-1))).size).toBe(3)
    for (const value of made.flatMap(({ data }) => Object.values(data)).map((text) => Buffer.from(text, 'base64').toString()).filter((text) => text.length > 20)) expect(first.output).not.toContain(value)
    expect((await stat(join(folder, 'secrets'))).mode & 0o077).toBe(0)
    expect(await server.kubectl('-n', 'argocd', 'get', 'application', 'streamforge', '-o', 'jsonpath={.spec.source.path}')).toBe('argocd')

    const second = await bootstrap()
    expect(second.status, second.output).toBe(0)
    expect(await secrets()).toEqual(made)
    expect(second.output).not.toContain(' created')
    expect(await readFile(join(folder, 'secrets/shared/minio-password'), 'utf8')).toBe(valueOf('minio', 'password'))
  })

  it('a certificate that is asked for reaches the API server as one that cert-manager takes', { timeout: 60_000 }, async () => {
    // Nobody signs here: the script waits, and says so.
    const work = join(folder, 'certificates')
    await mkdir(work)
    await server.kubectl('create', 'namespace', 'certificates')
    const kubectl = join(folder, 'bin/kubectl')
    await writeFile(kubectl, `#!/bin/bash\nfor word in "$@"; do [ "$word" = wait ] && exit 1; done\nexec ${await kubectlProgram()} "$@"\n`)
    await chmod(kubectl, 0o755)
    const { status } = await runToEnd('bash', [join(root, 'tools/request-certificate.sh'), 'broker-2.example', 'b2'], { cwd: work, env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, KUBECONFIG: server.kubeconfig, NAMESPACE: 'certificates' } })
    expect(status).not.toBe(0)
    const asked = JSON.parse(await server.kubectl('-n', 'certificates', 'get', 'certificaterequest', 'broker-2.example', '-o', 'json')) as { spec: { request: string; issuerRef: object } }
    expect(asked.spec.issuerRef).toMatchObject({ kind: 'ClusterIssuer', name: 'streamforge' })
    await writeFile(join(work, 'request.pem'), Buffer.from(asked.spec.request, 'base64'))
    const { output } = await runToEnd('openssl', ['req', '-in', join(work, 'request.pem'), '-noout', '-text', '-verify'])
    expect(output).toMatch(/DNS:broker-2\.example, DNS:b2/)
    expect((await stat(join(work, 'broker-2.example.key'))).mode & 0o077).toBe(0)
    expect((await runToEnd('bash', [join(root, 'tools/request-certificate.sh'), 'x; rm -rf'], { cwd: work })).status).toBe(2)
  })
}
