import { StreamForgeError } from '@streamforge/contracts'

export const notEmpty = (what: string) => new StreamForgeError('CONFLICT', `the target is not empty: ${what}`, {
  remedy: 'restore into an empty platform, or add --force, which deletes what is there first',
})
