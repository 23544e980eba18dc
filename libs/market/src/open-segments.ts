import type { ArchiveContent, OpenArchive } from './archive-source.ts'
import type { Segment } from './plan-segments.ts'
import type { VenueClient, VenueLog } from './venue.ts'

/**
 * Opens the files of segments, the next one while the current one is being read, and yields each segment with its file; without
 * one where it comes over REST or where the file cannot be had (the reason is logged). Local copies are gone at the end.
 */
export async function* openSegments(
  client: VenueClient, symbol: string, content: ArchiveContent, segments: readonly Segment[], log?: VenueLog,
): AsyncGenerator<{ segment: Segment; archive: OpenArchive | undefined }> {
  const opening = new Map<Segment, Promise<OpenArchive | undefined>>()
  const start = (segment: Segment | undefined) => {
    if (segment && !opening.has(segment)) opening.set(segment, openSegment(client, symbol, content, segment, log))
  }
  try {
    for (const [i, segment] of segments.entries()) {
      start(segment)
      start(segments[i + 1])
      const archive = await opening.get(segment)
      yield { segment, archive }
      await archive?.discard()
    }
  } finally {
    for (const archive of await Promise.all(opening.values())) await archive?.discard()
  }
}

async function openSegment(
  client: VenueClient, symbol: string, content: ArchiveContent, segment: Segment, log?: VenueLog,
): Promise<OpenArchive | undefined> {
  if (!segment.archive || !client.archive) return undefined
  const file = client.archive.fileAt(symbol, content, segment.archive, segment.from)
  try {
    const archive = await client.archive.open(file)
    if (!archive) log?.info({ path: file.path }, 'archive file is not published: its range is loaded over REST')
    return archive
  } catch (error) {
    log?.warn({ path: file.path, err: error }, 'archive file cannot be used: its range is loaded over REST')
    return undefined
  }
}
