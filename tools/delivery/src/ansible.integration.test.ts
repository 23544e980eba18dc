import { randomBytes } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pythonEnvironment, runToEnd } from '@streamforge/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const found = await pythonEnvironment({ name: 'ansible-lint-26.10.1', packages: ['ansible-lint==26.10.1'] })

describe.skipIf('reason' in found)(`the playbooks for a Pi cluster${'reason' in found ? ` (skipped: ${found.reason})` : ''}`, { timeout: 180_000 }, () => {
  const bin = 'python' in found ? dirname(found.python) : ''
  let folder: string
  const ansible = (module: string, ...args: string[]) => runToEnd(join(bin, 'python'), ['-m', module, ...args], {
    cwd: folder, env: { PATH: `${join(folder, 'programs')}:${process.env.PATH}`, ANSIBLE_NOCOLOR: '1', ANSIBLE_LOCAL_TEMP: join(folder, '.tmp'), ANSIBLE_HOME: join(folder, '.home'), NO_COLOR: '1' },
  })
  const play = (...args: string[]) => ansible('ansible.cli.playbook', '-i', 'here.yml', '--vault-password-file', '.vault-password', '--extra-vars', '@machine/variables.json', 'site.yml', ...args)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamforge-ansible-'))
    await cp(join(root, 'ansible'), folder, { recursive: true })
    // As docs/DEPLOYMENT.md says: the token is made here, encrypted, and nowhere else.
    await writeFile(join(folder, '.vault-password'), randomBytes(16).toString('hex'), { mode: 0o600 })
    await writeFile(join(folder, 'group_vars/all/vault.yml'), `streamforge_k3s_token: ${randomBytes(24).toString('hex')}\n`)
    expect((await ansible('ansible.cli.vault', 'encrypt', '--vault-password-file', '.vault-password', 'group_vars/all/vault.yml')).status).toBe(0)
    await mkdir(join(folder, 'machine'))
    await writeFile(join(folder, 'machine/cmdline.txt'), 'console=tty1 root=PARTUUID=1 rootwait\n')
    await writeFile(join(folder, 'here.yml'), JSON.stringify({
      all: {
        children: { storage: { hosts: { localhost: {} } }, server: { hosts: { localhost: {} } }, agents: { hosts: {} } },
      },
    }))
    // Beside the inventory's: nothing below a stage may be of this machine itself.
    await writeFile(join(folder, 'machine/variables.json'), JSON.stringify({
      ansible_connection: 'local', ansible_become: false, ansible_python_interpreter: '/usr/bin/python3', streamforge_nfs_path: join(folder, 'machine/srv'),
      nfs_server_exports: join(folder, 'machine/exports.d/streamforge.exports'), prepare_command_line: join(folder, 'machine/cmdline.txt'),
      prepare_sysctl: join(folder, 'machine/sysctl.conf'), prepare_may_reboot: false, k3s_server_configuration: join(folder, 'machine/k3s/config.yaml'),
    }))
    // The environment was renamed when it was complete: its own scripts name a folder that is gone.
    await mkdir(join(folder, 'programs'))
    for (const [program, module] of Object.entries({ 'ansible-config': 'config', 'ansible-playbook': 'playbook', 'ansible-galaxy': 'galaxy', ansible: 'adhoc' })) {
      await writeFile(join(folder, 'programs', program), `#!/bin/sh\nexec '${join(bin, 'python')}' -m ansible.cli.${module} "$@"\n`, { mode: 0o755 })
    }
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('pass ansible-lint with its strictest profile', async () => {
    const { status, output } = await ansible('ansiblelint', '--offline', '--profile', 'production', 'site.yml', 'roles')
    expect(status, output).toBe(0)
  })

  it('are understood whole, and keep what is secret encrypted', async () => {
    const { status, output } = await play('--syntax-check')
    expect(status, output).toBe(0)
    expect(await readFile(join(folder, 'group_vars/all/vault.yml'), 'utf8')).toMatch(/^\$ANSIBLE_VAULT;1\.1;AES256\n/)
    const tasks = await play('--list-tasks')
    for (const stage of ['prepare', 'nfs', 'k3s', 'platform']) expect(tasks.output).toContain(`TAGS: [${stage}`)
  })

  it.skipIf(process.getuid?.() !== 0)('run on this machine in check mode, but for packages and services', async () => {
    const { status, output } = await play('--check', '--diff', '--tags', 'prepare,nfs', '--skip-tags', 'packages,services')
    expect(status, output).toBe(0)
    expect(output).toMatch(/cgroup_enable=memory/)
    expect(await readFile(join(folder, 'machine/cmdline.txt'), 'utf8')).not.toContain('cgroup')
  })

  it.skipIf(process.getuid?.() !== 0)('change what is to be changed once: the second run changes nothing', async () => {
    const first = await play('--tags', 'exports')
    // The handler needs a server that is not here.
    expect(first.output).toMatch(/changed: \[localhost\]/)
    expect(await readFile(join(folder, 'machine/exports.d/streamforge.exports'), 'utf8')).toBe(`${join(folder, 'machine/srv')} 192.0.2.0/24(rw,sync,no_subtree_check,all_squash,anonuid=65534,anongid=65534)\n`)
    const second = await play('--tags', 'exports')
    expect([second.status, /changed=(\d+)/.exec(second.output)?.[1]]).toEqual([0, '0'])
  })
})
