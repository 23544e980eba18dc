import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Apps that run on people's machines only. */
const withoutImage = new Set(['cli'])

/** The apps of which there are images, in order. */
export async function imageApps(root: string): Promise<string[]> {
  const names = await readdir(join(root, 'apps'))
  return names.filter((name) => !withoutImage.has(name) && existsSync(join(root, 'apps', name, 'src/main.ts'))).sort()
}
