import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

/** The rows of a comma-separated file, packed or not, without its header and without empty lines. */
export async function readRows(file: string, options: { header: boolean }): Promise<string[][]> {
  const bytes = await readFile(file)
  const text = (file.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes).toString('utf8')
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.slice(options.header ? 1 : 0).map((line) => line.split(','))
}
