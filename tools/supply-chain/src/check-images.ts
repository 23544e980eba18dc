/** A reference to an image, and where it stands. */
export interface ImageReference {
  image: string
  place: string
}

const reference = /(?:^\s*(?:FROM\s+(?:--platform=\S+\s+)?|-?\s*image:\s*|[A-Z_]*_IMAGE:\s*)|ARG\s+[A-Z_]*(?:IMAGE|BASE)=)["']?([a-z0-9][\w.-]*(?:[:/@][\w./:@-]+)*)["']?/gm

/** Images that Dockerfiles, compose files, manifests and pipelines name; those that a variable names are where the variable is set. */
export function imageReferences(place: string, text: string): ImageReference[] {
  return [...text.matchAll(reference)].map((match) => ({ image: match[1]!, place })).filter(({ image }) => /[/:]/.test(image))
}

/** Whether it is the same image tomorrow: by digest, or by a tag that says a version (not `latest`, not none). */
export function isPinned(image: string): boolean {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return true
  const tag = /:([\w.-]+)$/.exec(image.split('/').at(-1)!)?.[1]
  return tag !== undefined && /\d/.test(tag) && tag !== 'latest'
}

export const unpinnedImages = (references: readonly ImageReference[]): string[] =>
  references.filter(({ image }) => !isPinned(image)).map(({ image, place }) => `${place}: ${image} names no version and no digest`)
