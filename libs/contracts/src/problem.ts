import { z } from 'zod'
import { errorCodes } from './errors.ts'

/** An error answer of the API, in the form of RFC 9457 (application/problem+json). */
export const Problem = z.strictObject({
  type: z.string().describe('A link into docs/ERRORS.md'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(errorCodes),
  remedy: z.string().optional(),
  instance: z.string().optional(),
  errors: z.array(z.strictObject({
    field: z.string().describe('A path such as options.shards'),
    message: z.string().describe('What is expected'),
  })).optional(),
})
export type Problem = z.infer<typeof Problem>
