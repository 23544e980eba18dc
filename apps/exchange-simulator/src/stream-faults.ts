import { z } from 'zod'

const matching = {
  stream: z.string().optional().describe('Only streams whose name contains this, such as @depth or btcusdt@'),
  symbol: z.string().optional().describe('Only streams of this symbol'),
  probability: z.number().min(0).max(1).default(1).describe('Of each frame to each connection'),
  after: z.int().nonnegative().default(0).describe('Frames that match and pass before the fault begins'),
  count: z.int().positive().optional().describe('How often it strikes; without it, for ever'),
}
const connections = {
  after: z.int().nonnegative().default(0).describe('Connections, pings or pongs that pass before it begins'),
  count: z.int().positive().optional().describe('How often it strikes; without it, for ever'),
}

/** What can go wrong on a stream. */
export const streamFaults = [
  z.strictObject({ kind: z.literal('ws_drop'), ...matching }).describe('The frame never comes'),
  z.strictObject({ kind: z.literal('ws_duplicate'), times: z.int().positive().max(100).default(1), ...matching }),
  z.strictObject({ kind: z.literal('ws_delay'), delay_ms: z.int().positive().max(600_000), ...matching })
    .describe('The frame comes late, and all behind it on the connection with it'),
  z.strictObject({ kind: z.literal('ws_reorder'), by: z.int().positive().max(1000).default(1), ...matching })
    .describe('The frame comes after the next `by` frames of its connection'),
  z.strictObject({ kind: z.literal('ws_cut'), now: z.boolean().default(false), ...matching })
    .describe('The connection breaks in place of the frame; `now`: every connection that has such a stream, at once, once'),
  z.strictObject({ kind: z.literal('ws_garbage'), ...matching }).describe('A frame of noise, before the right one'),
  z.strictObject({ kind: z.literal('ws_truncate'), ...matching }).describe('Half of the JSON, in place of it'),
  z.strictObject({ kind: z.literal('ws_no_ping'), ...connections }).describe('The venue stops pinging'),
  z.strictObject({ kind: z.literal('ws_no_pong'), ...connections }).describe("The venue does not answer a client's pings"),
  z.strictObject({ kind: z.literal('ws_refuse'), for_ms: z.int().positive().optional(), status: z.int().min(400).max(599).default(503), ...connections })
    .describe('New connections are refused, for so long or so often'),
] as const

export type StreamFault = z.infer<(typeof streamFaults)[number]>
export type FrameFault = Extract<StreamFault, { kind: 'ws_drop' | 'ws_duplicate' | 'ws_delay' | 'ws_reorder' | 'ws_cut' | 'ws_garbage' | 'ws_truncate' }>
export type ConnectionFault = Exclude<StreamFault, FrameFault>

export const isStreamFault = (fault: { readonly kind: string }): fault is StreamFault => fault.kind.startsWith('ws_')
export const isFrameFault = (fault: { readonly kind: string }): fault is FrameFault => isStreamFault(fault) && 'probability' in fault

export interface FaultedStream {
  /** As the client named it. */
  readonly stream: string
  readonly symbol: string
}

export const strikesStream = (fault: FrameFault, { stream, symbol }: FaultedStream): boolean =>
  (fault.stream === undefined || stream.includes(fault.stream)) && (fault.symbol === undefined || fault.symbol === symbol)
