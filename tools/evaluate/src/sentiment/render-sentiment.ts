import type { Measured } from '@streamforge/contracts'
import type { SentimentEvaluation, SentimentRow } from './evaluate-sentiment.ts'

const shown = ({ value, low, high }: Measured) => `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`

/** A Markdown table, each figure with its 95 % interval. */
export function renderSentiment({ train, test, bullishShare, rows, seconds }: SentimentEvaluation): string {
  return [
    `StockEmotions (StockTwits posts of 2020): ${train} posts to learn from, ${test} to test on, ${Math.round(100 * bullishShare)} % of them bullish. ${seconds.toFixed(1)} s.`,
    '',
    '| | accuracy | macro-F1 | bullish: found, missed | bearish: found, missed | not neutral | accuracy there |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(lineOf),
  ].join('\n')
}

function lineOf({ name, scores: { accuracy, macroF1, confusion }, decided }: SentimentRow): string {
  const { truePositive, falseNegative, trueNegative, falsePositive } = confusion
  const cells = [
    name, shown(accuracy), shown(macroF1), `${truePositive}, ${falseNegative}`, `${trueNegative}, ${falsePositive}`,
    decided ? `${Math.round(100 * decided.share)} %` : '-', decided ? shown(decided.scores.accuracy) : '-',
  ]
  return `| ${cells.join(' | ')} |`
}
