import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const pythonFolder = join(import.meta.dirname, '../python')
const environment = join(homedir(), '.cache/streamforge/bench-order-book-0.6.1')

/** Level updates a second of cryptofeed's order_book in three ways, and where it ended. */
export interface PeerFigures {
  readonly text: number
  /** As `text`, with the best levels read after each diff. */
  readonly read: number
  /** With every decimal made beforehand. */
  readonly parsed: number
  readonly updates: number
  readonly bid: number
  readonly ask: number
}

/** Installs the peer into a virtual environment of its own, once. Rejects when Python, pip or the package cannot be had. */
export async function installBookPeer(): Promise<void> {
  if (existsSync(join(environment, 'installed'))) return
  await run('python3', ['-m', 'venv', '--clear', environment], { timeout: 120_000 })
  const python = join(environment, 'bin/python')
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', join(pythonFolder, 'requirements-book.txt')]
  await run(python, pip, { timeout: 300_000 })
  await run(python, ['-c', 'import order_book, pathlib, sys; pathlib.Path(sys.prefix, "installed").touch()'], { timeout: 30_000 })
}

/** Runs the peer on a file of updates (see python/book_peer.py). */
export async function measureBookPeer(file: string, repeats: number): Promise<PeerFigures> {
  const script = join(pythonFolder, 'book_peer.py')
  const { stdout } = await run(join(environment, 'bin/python'), [script, file, String(repeats)], { timeout: 300_000 })
  return JSON.parse(stdout) as PeerFigures
}
