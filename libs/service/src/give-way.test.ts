import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { leadsItsSession } from './give-way.ts'

it('reads who leads a session, whatever the process is called', () => {
  expect(leadsItsSession('42 (node) S 1 42 42 0 -1', 42)).toBe(true)
  expect(leadsItsSession('43 (node) S 42 42 42 0 -1', 43)).toBe(false)
  expect(leadsItsSession('44 (a) S 1 44 7 0) S 1 44 44 0 -1', 44)).toBe(true)
})

const script = `
  import { getPriority } from 'node:os'
  import { readFileSync } from 'node:fs'
  import { giveWay } from '${new URL('./give-way.ts', import.meta.url).href}'
  giveWay()
  console.log(JSON.stringify({ own: getPriority(), group: readFileSync('/proc/self/autogroup', 'utf8').trim() }))`

async function prioritiesOf(detached: boolean): Promise<{ own: number; group: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script], { detached, stdio: ['ignore', 'pipe', 'inherit'] })
  const [told] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return JSON.parse(told) as { own: number; group: string }
}

it.skipIf(!existsSync('/proc/self/autogroup'))('gives way with its session when it leads one, and alone when others share it', async () => {
  const leader = await prioritiesOf(true)
  expect(leader.own).toBe(10)
  expect(leader.group).toMatch(/ nice 10$/)
  const member = await prioritiesOf(false)
  expect(member.own).toBe(10)
  expect(member.group).not.toMatch(/ nice 10$/)
})
