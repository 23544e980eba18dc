import { MlflowConfig } from '@streamforge/models'
import { z } from 'zod'

/** The trainer's own part of its environment; docs/ARCHITECTURE.md has what every service reads. */
export const Config = {
  ...MlflowConfig,
  CODE_VERSION: z.string().max(100).optional().describe('what is written down as the version of the code; absent: that of the package, and the commit of the work tree'),
}
