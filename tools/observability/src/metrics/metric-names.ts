import type { MetricDescription } from './collect-metrics.ts'

/**
 * What a metric is called: streamforge_<what>_<unit>, in base units, and _total for what only grows, as
 * https://prometheus.io/docs/practices/naming/ asks. Resolves with what is wrong.
 */
export function namingProblems({ name, type, help, labels }: MetricDescription): string[] {
  return [
    !/^streamforge_[a-z0-9]+(_[a-z0-9]+)*$/.test(name) && 'is not streamforge_ and lower-case words',
    (type === 'counter') !== name.endsWith('_total') && 'is a counter without _total, or _total without being a counter',
    type === 'histogram' && !/_(seconds|bytes|records|ratio)$/.test(name) && 'is a histogram without its unit',
    /_(ms|milliseconds|minutes|hours|kb|kilobytes|percent)(_|$)/.test(name) && 'is not in base units',
    help.length < 5 && 'says nothing of what it is',
    labels.some((label) => !/^[a-z][a-z0-9_]*$/.test(label) || label === 'service') && 'has a label that is no lower-case word, or is `service`, which every series has',
  ].filter((problem) => problem !== false).map((problem) => `${name} ${problem}`)
}
