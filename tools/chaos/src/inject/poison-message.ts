import type { OutgoingMessage } from '@streamforge/bus'
import type { Poison } from '../plan/fault.ts'

/** A message that whoever reads the topic must refuse; pure. `symbol` is one that the topic is not of. */
export function poisonMessage(poison: Poison, symbol: string): OutgoingMessage {
  const at = Date.UTC(2025, 0, 1)
  switch (poison) {
    case 'no JSON': return { key: 'poison', value: '{"kind":"candle","open_ti' }
    case 'another shape': return { key: 'poison', value: '{"kind":"candle","venue":"binance","price":"NaN"}' }
    case 'nothing': return { key: null, value: '' }
    case 'bytes': return { key: Uint8Array.of(0xff, 0x00), value: Uint8Array.of(0x00, 0xff, 0xfe, 0x80, 0x7b) }
    case 'another symbol': return { key: symbol, value: JSON.stringify({
      kind: 'candle', venue: 'binance', symbol, interval: '1m', open_time: at, open: 1, high: 1, low: 1, close: 1, volume: 1,
      event_time: at + 60_000, known_time: at + 60_000, backfilled: true,
    }) }
    default: return poison satisfies never
  }
}
