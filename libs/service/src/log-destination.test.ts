import { closeSync, existsSync, openSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createLogger } from './logger.ts'
import { logDestination } from './log-destination.ts'

// A device of Linux that answers every write with ENOSPC.
it.skipIf(!existsSync('/dev/full'))('goes on while the disk is full', () => {
  const fd = openSync('/dev/full', 'w')
  const log = createLogger({ service: 'test', level: 'info', stream: logDestination(fd), env: {} })
  for (let i = 0; i < 3; i++) expect(() => log.info('not to be written')).not.toThrow()
  closeSync(fd)
})
