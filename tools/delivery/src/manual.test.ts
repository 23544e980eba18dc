import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { errorCodes } from '@streamforge/contracts'
import { runToEnd } from '@streamforge/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const pages = ['docs/DEPLOYMENT.md', 'docs/OPERATIONS.md']
const commands = pages.flatMap((page) => [...read(page).matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((match) => match[1]!.trim().split('\n')))

/** Run below, as they are written. */
const runHere = [
  'tools/bootstrap-cluster.sh --dry-run', 'tools/bootstrap-cluster.sh --ssh-config streamforge.ssh --ssh-host my-server.example', 'npm run backup -- list',
]
/** Run elsewhere: by the test of this path, in which these words stand. Each command of the README is run by apps/cli/src/e2e/readme-commands.test.ts. */
const runByTests: readonly [command: string, test: string, words: string][] = [
  ['npm start', 'apps/cli/src/e2e/start-once.test.ts', "'start', '--once'"],
  ['npm run servers -- up kafka minio influxdb postgres', 'tools/servers/src/command/command.integration.test.ts', "'up'"],
  ['eval "$(npm run --silent servers -- env)"', 'tools/servers/src/command/command.integration.test.ts', "'env'"],
  ['kubectl kustomize argocd', 'tools/delivery/src/on-api-server/dependencies.ts', "'argocd'"],
  ['kubectl kustomize k8s/overlays/production', 'tools/servers/src/kubernetes/manifests.integration.test.ts', "'production'"],
  ['tools/bootstrap-cluster.sh --distribution k3s --secrets vault', 'tools/delivery/src/on-api-server/bootstrap.ts', "'--distribution', 'k3s'"],
  ['npm run backup -- take', 'apps/backup/src/restore.integration.test.ts', "['take'"],
  ['npm run backup -- verify', 'apps/backup/src/restore.integration.test.ts', "['verify'"],
  ['npm run backup -- restore', 'apps/backup/src/restore.integration.test.ts', "['restore'"],
  ['npm run backup -- restore --data-dir /tmp/restored', 'apps/backup/src/restore.integration.test.ts', 'elsewhere'],
  ['npm run backup -- restore 20260131T020000Z --force', 'apps/backup/src/backup.test.ts', 'force'],
  ['npm run backup -- restore --part objects', 'apps/backup/src/backup.test.ts', "parts: ['objects']"],
  ['npm run backup -- prune --keep 14', 'apps/backup/src/backup.test.ts', 'pruneBackups'],
  ['ansible-vault encrypt --vault-password-file .vault-password group_vars/all/vault.yml', 'tools/delivery/src/ansible.integration.test.ts', "'encrypt'"],
  ['ansible-playbook --vault-password-file .vault-password site.yml --check', 'tools/delivery/src/ansible.integration.test.ts', "'--check'"],
  ['ansible-playbook --vault-password-file .vault-password site.yml', 'tools/delivery/src/ansible.integration.test.ts', "play('--tags', 'exports')"],
  ['kubectl apply -k k8s/dependencies/restore', 'tools/delivery/src/on-api-server/dependencies.ts', 'k8s/dependencies'],
  ['kubectl apply -k argocd/root', 'tools/delivery/src/on-api-server/dependencies.ts', 'argocd/root'],
  ['npx streamforge workflows', 'README.md', 'npx streamforge workflows'],
  ['npx streamforge coverage', 'README.md', 'npx streamforge coverage'],
  ['npx streamforge ping', 'README.md', 'npx streamforge ping'],
  ['npx streamforge topics describe queue-events', 'README.md', 'npx streamforge topics describe queue-events'],
  ['npx streamforge deadletter list', 'README.md', 'npx streamforge deadletter list'],
]
/** Not run, and why not. */
const notRun: readonly [pattern: RegExp, why: string][] = [
  [/^kubectl -n (argocd|vault) /, 'Argo CD and Vault cannot be had where tests run'],
  [/^kubectl -n stf (get|logs|scale|delete|create job|wait) ?/, "need the whole platform on a cluster: apps/cli's cluster test runs its like"],
  [/^ssh -F /, 'needs another machine'],
  [/^export STREAMFORGE_CLUSTER_TOKEN=|^npx streamforge (target set|submit --target) cluster/, "need a cluster: apps/cli's cluster test submits to one"],
  [/^tools\/request-certificate\.sh broker-2\.example$/, 'needs cert-manager; what it asks for is checked by the bootstrap test'],
  [/^cd ansible && cp |^openssl rand |^echo "streamforge_k3s_token/, 'the Ansible test makes the same files'],
]

describe('the manual', () => {
  let folder: string
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'streamforge-manual-')) })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('has no command that nobody runs without saying why', () => {
    expect(commands.length).toBeGreaterThan(40)
    for (const command of commands) {
      const known = runHere.includes(command) || runByTests.some(([text]) => text === command) || notRun.some(([pattern]) => pattern.test(command))
      expect(known, command).toBe(true)
    }
  })

  it('is not spoken of where it has no such command', () => {
    for (const command of [...runHere, ...runByTests.map(([text]) => text)]) expect(commands, command).toContain(command)
    for (const [pattern] of notRun) expect(commands.some((command) => pattern.test(command)), String(pattern)).toBe(true)
    for (const [command, test, words] of runByTests) expect(existsSync(join(root, test)) && read(test).includes(words), `${command} by ${test}`).toBe(true)
  })

  it('names only files, scripts and pages that there are, and error codes that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    for (const page of pages) {
      const text = read(page)
      for (const [, script] of text.matchAll(/npm run (?:--silent )?([\w:]+)/g)) expect(Object.keys(scripts), script).toContain(script)
      for (const [, target] of text.matchAll(/\]\(([^)#]+)\)/g)) expect(existsSync(resolve(root, dirname(page), target!)), target).toBe(true)
      for (const [, path] of text.matchAll(/`((?:k8s|tools|docker|argocd|ansible)\/[\w./-]+)`/g)) expect(existsSync(join(root, path!)), path).toBe(true)
      for (const [, path] of text.matchAll(/`(options\/[\w-]+)`/g)) expect(existsSync(join(root, 'argocd', path!)), path).toBe(true)
    }
    const codes = [...read('docs/OPERATIONS.md').matchAll(/^\| `([A-Z][A-Z_]+)` \| [a-z]/gm)].map((match) => match[1]!).filter((code) => !code.startsWith('BACKUP_S3') && !['BACKUP_DIR', 'DATA_DIR'].includes(code))
    expect(codes.length).toBeGreaterThan(7)
    for (const code of codes) expect(errorCodes).toContain(code)
  })

  it('shows what the bootstrap script would do, all of it', async () => {
    for (const distribution of ['k3s', 'microk8s']) {
      const { status, output } = await runToEnd('bash', ['tools/bootstrap-cluster.sh', '--dry-run', '--distribution', distribution], { cwd: root })
      expect(status, output).toBe(0)
      for (const step of [distribution, 'namespace argocd', 'secret generic streamforge', 'argocd/root', 'vault operator init', 'secret/streamforge/platform']) expect(output).toContain(step)
      expect(output).toContain('nodeport-addresses=127.0.0.0/8')
    }
    expect((await runToEnd('bash', ['tools/bootstrap-cluster.sh', '--distribution', 'minikube'], { cwd: root })).status).toBe(2)
  })

  it('forwards every node port, on the loopback interface alone', async () => {
    const file = join(folder, 'streamforge.ssh')
    const { status, output } = await runToEnd('bash', ['tools/bootstrap-cluster.sh', '--ssh-config', file, '--ssh-host', 'my-server.example'], { cwd: root })
    expect(status, output).toBe(0)
    const ports = [...read('k8s/dependencies/node-ports/services.yaml').matchAll(/nodePort: (\d+)/g)].map((match) => match[1]!)
    expect(ports.length).toBeGreaterThan(3)
    const configuration = await readFile(file, 'utf8')
    expect([...configuration.matchAll(/LocalForward 127\.0\.0\.1:(\d+) 127\.0\.0\.1:\1$/gm)].map((match) => match[1])).toEqual(ports)
    for (const port of ports) expect(read('docs/DEPLOYMENT.md')).toContain(port)
  })

  it('lists backups before there are any', async () => {
    const { status, output } = await runToEnd(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'apps/backup/src/main.ts'), 'list'], { env: { DATA_DIR: join(folder, 'data'), BACKUP_DIR: join(folder, 'vault') } })
    expect([status, output.trim()]).toEqual([0, 'no backups'])
  })
})
