import { busAccess, type BusRule } from '@streamforge/contracts'

/** One line a rule, for people. */
export function describeAccess(): string {
  return Object.entries(busAccess()).map(([user, rules]) => [user, ...rules.map((rule) => `  ${describe(rule)}`)].join('\n')).join('\n\n')
}

function describe({ resource, name, pattern, operations }: BusRule): string {
  const what = name === '*' ? `every ${resource}` : `${resource} ${name}${pattern === 'prefix' ? '...' : ''}`
  return `${what.padEnd(36)} ${operations.join(', ')}`
}
