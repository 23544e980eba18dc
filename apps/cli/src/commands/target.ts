import { print, printJson } from '../output.ts'
import { renderTable } from '../render/table.ts'
import { readTargets, saveTarget, targetsFile } from '../targets.ts'

/** Says where a platform is, for --target. */
export async function setTarget(name: string, url: string): Promise<number> {
  await saveTarget(targetsFile(process.env), name, url)
  print(`${name} is ${url}`)
  return 0
}

export async function listTargets({ json = false }: { json?: boolean }): Promise<number> {
  const targets = await readTargets(targetsFile(process.env))
  if (json) printJson(targets)
  else if (Object.keys(targets).length === 0) print("none yet; 'streamforge target set cluster <url>' makes one")
  else print(renderTable(Object.entries(targets), [{ title: 'target', value: ([name]) => name }, { title: 'url', value: ([, { url }]) => url }]))
  return 0
}
