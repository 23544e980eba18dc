import type { Caller, Role } from '@streamforge/contracts'

const order: readonly Role[] = ['viewer', 'operator', 'admin']

/** Why a caller may not do what needs a role; undefined: they may, or it is not known yet who asks, and the server will say. */
export function whyNot(caller: Caller | null | undefined, needs: Role): string | undefined {
  if (!caller || order.indexOf(caller.role) >= order.indexOf(needs)) return undefined
  return `this needs the role ${needs}; you are ${caller.role}`
}
