import { StreamForgeError } from '@streamforge/contracts'

/** What runs for an image on this machine: a program and its arguments. */
export interface Program {
  command: readonly [string, ...string[]]
}

/** The app in an image's name: `loader-api` of `registry.example:5000/streamforge/loader-api:v0.2.0`. */
export function appOfImage(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1)
  return last.split(/[:@]/, 1)[0]!
}

/** @throws StreamForgeError IMAGE_NOT_ALLOWED when the image's app is not in the list */
export function programFor(image: string, programs: Readonly<Record<string, Program>>): Program {
  const app = appOfImage(image)
  const program = Object.hasOwn(programs, app) ? programs[app] : undefined
  if (!program) {
    throw new StreamForgeError('IMAGE_NOT_ALLOWED', `image '${image}' is not one that may be launched`, {
      remedy: `allowed are ${Object.keys(programs).join(', ') || 'none'}`, details: { image },
    })
  }
  return program
}
