import { homedir } from 'node:os'
import { join } from 'node:path'

export const tensorFlowVersion = '2.15.1'
export const tensorFlowJsVersion = '4.22.0'

/**
 * Where `npm run tensors:native` puts the native backend: 900 MB that are outside every work tree, shared by all of them, and survive `npm ci`.
 * `TENSORS_NATIVE_DIR` names another place, such as one in a container's image.
 */
export function nativeTensorsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment.XDG_CACHE_HOME || join(homedir(), '.cache')
  return environment.TENSORS_NATIVE_DIR || join(cache, 'streamforge', `tensors-native-${tensorFlowJsVersion}-${tensorFlowVersion}`)
}
