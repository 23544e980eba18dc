import { DeadLetter, StreamForgeError } from '@streamforge/contracts'
import { listDeadLetters, redriveDeadLetters } from '@streamforge/bus'
import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { withBus, type ConnectionOptions } from '../connection.ts'
import { print } from '../output.ts'
import { renderTable } from '../render/table.ts'

interface DeadLetterOptions extends ConnectionOptions {
  topic?: string
  limit?: number
  json?: boolean
  file?: string
}

const filter = (options: DeadLetterOptions) => ({
  ...(options.topic !== undefined && { sourceTopic: options.topic }), ...(options.limit !== undefined && { limit: options.limit }),
})

/** Prints what was refused and why; --file or --json writes them as JSON lines, which `redrive --file` takes back after repair. */
export function listLetters(options: DeadLetterOptions): Promise<number> {
  return withBus(options, async (bus) => {
    const letters = await listDeadLetters(bus, filter(options))
    const lines = letters.map((l) => `${JSON.stringify(l)}\n`).join('')
    if (options.file) {
      await writeFile(options.file, lines)
      print(`${letters.length} dead letters written to ${options.file}; mend each 'value', then: streamforge deadletter redrive --file ${options.file}`)
    } else if (options.json) process.stdout.write(lines)
    else if (!letters.length) print('no dead letters')
    else print(renderTable(letters, [
      { title: 'time', value: (l) => l.time.slice(0, 19).replace('T', ' ') },
      { title: 'topic', value: (l) => l.source_topic },
      { title: 'offset', value: (l) => `${l.source_partition}/${l.source_offset}`, align: 'right' },
      { title: 'code', value: (l) => l.code },
      { title: 'reason', value: (l) => l.reason.slice(0, 60) },
      { title: 'value', value: (l) => l.value.slice(0, 40) },
    ]))
    return 0
  })
}

/** Puts dead letters back on their source topics: as they were, or as mended in --file. */
export function redriveLetters(options: DeadLetterOptions): Promise<number> {
  return withBus(options, async (bus) => {
    const letters = options.file ? await readLetters(options.file) : await listDeadLetters(bus, filter(options))
    await redriveDeadLetters(bus, letters)
    print(`${letters.length} dead letters put back on their topics; 'streamforge retry <workflow>' lets the connector take them in`)
    return 0
  })
}

async function readLetters(file: string): Promise<DeadLetter[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim())
  return lines.map((line, i) => {
    const parsed = DeadLetter.safeParse(parseJson(line, file, i + 1))
    if (parsed.success) return parsed.data
    throw new StreamForgeError('BAD_REQUEST', `${file}:${i + 1} is no dead letter: ${z.prettifyError(parsed.error)}`)
  })
}

function parseJson(line: string, file: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new StreamForgeError('BAD_REQUEST', `${file}:${number} is no JSON`, { cause })
  }
}
