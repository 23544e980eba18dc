import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const repository = resolve(import.meta.dirname, '../../..')

/** `0.1.0+1a2b3c4d5e6f`: the package's version, and the commit of the work tree where there is one. */
export async function codeVersion(root = repository): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  const commit = await commitOf(join(root, '.git'))
  return commit ? `${version}+${commit.slice(0, 12)}` : version
}

async function commitOf(git: string): Promise<string | undefined> {
  const read = (name: string) => readFile(join(git, name), 'utf8').then((text) => text.trim(), () => '')
  const head = await read('HEAD')
  const reference = head.startsWith('ref: ') ? head.slice('ref: '.length) : undefined
  if (reference === undefined) return head || undefined
  return await read(reference) || (await read('packed-refs')).split('\n').find((line) => line.endsWith(` ${reference}`))?.split(' ')[0]
}
