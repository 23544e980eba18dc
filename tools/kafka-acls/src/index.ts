export { applyAccess, type AppliedAccess } from './apply-access.ts'
