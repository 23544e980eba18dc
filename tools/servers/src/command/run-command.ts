import type { ServersCommand } from './arguments.ts'
import { down } from './down.ts'
import { hostForPods, kubernetesDown, kubernetesEnvironment, kubernetesStatus, kubernetesUp } from './kubernetes.ts'
import { openServersFolder, type ServersFolder } from './servers-folder.ts'
import { environment, exports, status, table } from './status.ts'
import { up } from './up.ts'

export interface CommandOutput {
  /** What happens, for people. */
  say: (line: string) => void
  /** What was asked for. */
  print: (text: string) => void
}

export async function runCommand(command: ServersCommand, { say, print }: CommandOutput): Promise<void> {
  const folder = await openServersFolder(command.data)
  switch (command.command) {
    case 'up': return folder.alone(() => upAll(command, folder, say))
    case 'down': return folder.alone(() => downAll(command, folder, say))
    case 'status': {
      const rows = [...(await status(folder)), ...(command.kubernetes ? await kubernetesStatus(folder) : [])]
      if (command.json) return print(`${JSON.stringify(rows, undefined, 2)}\n`)
      return print(rows.length === 0 ? 'No server runs.\n' : `${table(rows)}\nFor StreamForge: eval "$(npm run --silent servers -- env)"\n`)
    }
    case 'env': {
      const variables = { ...(await environment(folder)), ...(command.kubernetes ? await kubernetesEnvironment(folder) : {}) }
      return print(command.json ? `${JSON.stringify(variables, undefined, 2)}\n` : exports(variables))
    }
    default: return command.command satisfies never
  }
}

async function upAll({ servers, kubernetes, host, kafkaAccess }: ServersCommand, folder: ServersFolder, say: (line: string) => void): Promise<void> {
  // The cluster first: with it comes the interface that its pods reach the others by.
  if (kubernetes) await kubernetesUp(folder, say)
  const address = host ?? (kubernetes ? await hostForPods() : '127.0.0.1')
  await up(servers, { folder, say, host: address, kafkaAccess: kafkaAccess ?? (address === '127.0.0.1' ? 'plain' : 'scram') })
}

async function downAll({ servers, kubernetes }: ServersCommand, folder: ServersFolder, say: (line: string) => void): Promise<void> {
  await down(servers, { folder, say })
  if (kubernetes) await kubernetesDown(folder, say)
}
