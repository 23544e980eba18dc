import { channels, type CommitDiagnostic } from '../../channels.ts'
import { openEmbeddedBus } from '../embedded-bus.ts'
import type { GroupTiming } from '../group-consumer.ts'

/** What a test asks of a process of its own; it answers with {@link ChildReport}s and ends when it is killed or disconnected. */
export type ChildTask =
  | { do: 'consume'; directory: string; topic: string; group: string; timing: Partial<GroupTiming>; hold: boolean }
  | { do: 'publish'; directory: string; topic: string; prefix: string; total: number; batch: number }

export type ChildReport =
  | { report: 'batch'; texts: string[] }
  | { report: 'aborted' }
  | { report: 'commit'; offset: string; refused: boolean }
  | { report: 'acknowledged'; count: number }
  | { report: 'done' }

const say = (report: ChildReport) => process.send!(report)

async function consume(task: ChildTask & { do: 'consume' }): Promise<void> {
  channels.commit.subscribe((message) => {
    const { offset, refused } = message as CommitDiagnostic
    say({ report: 'commit', offset, refused })
  })
  const bus = await openEmbeddedBus({ directory: task.directory, timing: task.timing })
  await bus.consume({ group: task.group, topics: [task.topic], from: 'earliest' }, async ({ messages, signal }) => {
    signal.addEventListener('abort', () => say({ report: 'aborted' }))
    say({ report: 'batch', texts: messages.map((m) => m.value.toString()) })
    if (task.hold) await new Promise((resolve) => process.once('message', resolve))
  })
}

async function publish(task: ChildTask & { do: 'publish' }): Promise<void> {
  const bus = await openEmbeddedBus({ directory: task.directory })
  for (let count = 0; count < task.total;) {
    const messages = Array.from({ length: task.batch }, (_, i) => ({ value: `${task.prefix}${count + i}` }))
    await bus.publish(task.topic, messages)
    count += task.batch
    say({ report: 'acknowledged', count })
  }
  await bus.close()
  say({ report: 'done' })
}

process.once('disconnect', () => process.exit(0))
const task = JSON.parse(process.argv[2]!) as ChildTask
await (task.do === 'consume' ? consume(task) : publish(task))
