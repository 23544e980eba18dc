import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { lexiconScorer, type SentimentScorer } from '@streamforge/market'
import { evaluateSentiment } from './evaluate-sentiment.ts'
import { renderSentiment } from './render-sentiment.ts'

interface RunOptions { json: boolean; file: string; seed: number; environment: Readonly<Record<string, string | undefined>> }

/** `npm run evaluate -- sentiment`: the lexicon, beside what is trained on the same posts. */
export async function runSentiment(folder: string, { json, file, seed }: RunOptions): Promise<void> {
  const scorers: SentimentScorer[] = [lexiconScorer()]
  const result = await evaluateSentiment(folder, scorers, { seed })
  for (const scorer of scorers) await scorer.close()
  const text = `${JSON.stringify(result, null, 2)}\n`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  process.stdout.write(json ? text : `${renderSentiment(result)}\n\nwritten to ${file}\n`)
}
