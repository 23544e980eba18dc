import { roleAllows, StreamForgeError, type Caller, type NeededRole } from '@streamforge/contracts'

/** @throws StreamForgeError NOT_ALLOWED when the caller's role is less than what an operation needs */
export function requireRole(caller: Caller, needs: NeededRole): void {
  if (roleAllows(caller.role, needs)) return
  throw new StreamForgeError('NOT_ALLOWED', `this needs the role ${needs}; ${caller.name} is ${caller.role}`, { remedy: 'ask an admin for the role, or use a token that has it' })
}
