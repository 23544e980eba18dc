import type { FastifyReply, FastifyRequest } from 'fastify'
import { WorkflowUpdate } from '@streamforge/contracts'
import type { WorkflowService } from '../leadership/stand-by.ts'
import type { FeedMessage } from '../orchestrator/workflow-feed.ts'
import { checkAnswer } from './validate.ts'

/** A follower that reads so slowly that this much waits for it is cut off; it may come back. */
const maxBufferedBytes = 8 * 1024 * 1024

export interface EventStreams {
  /** Answers with server-sent events until the follower goes. The stream stays open after `end`: a retry goes on in it. */
  follow(orchestrator: WorkflowService, id: string, request: FastifyRequest, reply: FastifyReply): Promise<void>
  closeAll(): void
}

export function eventStreams(keepAliveMs = 15_000): EventStreams {
  const open = new Set<() => void>()
  return {
    async follow(orchestrator, id, request, reply) {
      const early: FeedMessage[] = []
      let send = (message: FeedMessage) => void early.push(message)
      const { now, unsubscribe } = await orchestrator.follow(id, (message) => send(message))
      reply.hijack()
      const { raw } = reply
      raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', connection: 'keep-alive', 'x-accel-buffering': 'no' })
      const write = (text: string) => {
        if (raw.destroyed) return
        raw.write(text)
        if (raw.writableLength > maxBufferedBytes) raw.destroy()
      }
      const keepAlive = setInterval(() => write(': keep-alive\n\n'), keepAliveMs)
      const close = () => {
        clearInterval(keepAlive)
        unsubscribe()
        open.delete(close)
        raw.end()
      }
      open.add(close)
      raw.once('close', close)
      let ended = false
      send = (message) => {
        write(`id: ${message.id}\ndata: ${JSON.stringify(checkAnswer(WorkflowUpdate, message.update, 'followWorkflow'))}\n\n`)
        if (message.ended && !ended) write(`event: end\nid: ${message.id}\ndata: ${JSON.stringify({ status: message.update.workflow.status })}\n\n`)
        ended = message.ended
      }
      // Whoever comes back and has missed nothing need not be sent it all again.
      if (request.headers['last-event-id'] === now.id && !now.ended) write(': nothing new\n\n')
      else send(now)
      early.forEach((message) => send(message))
    },
    closeAll() {
      for (const close of [...open]) close()
    },
  }
}
