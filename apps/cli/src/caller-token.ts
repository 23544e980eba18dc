import { readLocalToken } from '@streamforge/access'
import { targetVariable } from './targets.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The token for a platform that was named: STREAMFORGE_<TARGET>_TOKEN, otherwise STREAMFORGE_TOKEN. Never the one of this machine's data
 * folder: that is for the platform which runs there, and for nobody else to see.
 */
export const namedToken = (target: string | undefined, env: Environment): string | undefined =>
  (target === undefined ? undefined : env[targetVariable(target, 'TOKEN')]) || env['STREAMFORGE_TOKEN'] || undefined

/** The token for the platform that runs in a data folder: STREAMFORGE_TOKEN, otherwise the one that it made there. */
export const localToken = async (dataDir: string, env: Environment): Promise<string | undefined> =>
  // Who may not read it is told by the platform what it asks for.
  env['STREAMFORGE_TOKEN'] || await readLocalToken(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES') return undefined
    throw error
  })
