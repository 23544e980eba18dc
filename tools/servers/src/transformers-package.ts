import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runToEnd } from './run-to-end.ts'
import { cachedFolder } from './server-cache.ts'

export const transformersVersion = '4.3.1'

/**
 * A folder whose `node_modules` has @huggingface/transformers from the npm registry, or one line saying why there is none. Kept beside the servers, not among the
 * packages: it brings binaries of several hundred megabytes.
 */
export async function transformersFolder(): Promise<{ folder: string } | string> {
  try {
    return { folder: await cachedFolder(`transformers-${transformersVersion}`, install) }
  } catch (error) {
    return `@huggingface/transformers cannot be had here: ${error instanceof Error ? error.message.split('\n')[0]! : String(error)}`
  }
}

async function install(folder: string): Promise<void> {
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n')
  // Install scripts only fetch what a graphics card would need.
  const npm = await runToEnd('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', `@huggingface/transformers@${transformersVersion}`], { cwd: folder })
  if (npm.status !== 0) throw new Error(`npm could not install it: ${npm.output.slice(-500).replaceAll('\n', ' ')}`)
}
