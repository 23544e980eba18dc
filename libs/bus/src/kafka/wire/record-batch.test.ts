import fc from 'fast-check'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { crc32c } from './crc32c.ts'
import { encodeHeaders, encodeRecordBatch, type WireRecord } from './record-batch.ts'
import { sizeOfVarint, writeVarint } from './varint.ts'

/** A reader of its own, written from Kafka's documentation of the format. */
function decodeBatch(batch: Buffer) {
  const gzip = (batch.readInt16BE(21) & 7) === 1
  const body = gzip ? gunzipSync(batch.subarray(61)) : batch.subarray(61)
  const base = batch.readBigInt64BE(27)
  let at = 0
  const varint = () => {
    let raw = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = body[at++]!
      raw |= BigInt(byte & 127) << shift
      if (byte < 128) return Number((raw >> 1n) ^ -(raw & 1n))
    }
  }
  const bytes = (length: number) => body.subarray(at, (at += length))
  const records = Array.from({ length: batch.readInt32BE(57) }, () => {
    const end = varint() + at
    at++
    const timestamp = Number(base) + varint()
    const offset = varint()
    const keyBytes = varint()
    const key = keyBytes < 0 ? null : bytes(keyBytes)
    const value = bytes(varint())
    const headers = Array.from({ length: varint() }, () => [bytes(varint()).toString(), bytes(varint()).toString()])
    expect(at).toBe(end)
    return { timestamp, offset, key, value, headers: Object.fromEntries(headers) as Record<string, string> }
  })
  expect(at).toBe(body.length)
  return { records, newest: Number(batch.readBigInt64BE(35)), sequence: batch.readInt32BE(53), producerId: batch.readBigInt64BE(43) }
}

const text = fc.string({ unit: 'grapheme', maxLength: 200 })
const message = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 40 })),
  value: fc.oneof(text, fc.uint8Array({ maxLength: 300 })),
  headers: fc.dictionary(text, text, { maxKeys: 3 }),
  timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
})

describe('record batches', () => {
  it('hold what was put in, compressed or not', () => {
    fc.assert(fc.property(fc.array(message, { minLength: 1, maxLength: 30 }), fc.boolean(), (messages, gzip) => {
      const records = messages.map(({ key, value, headers, timestamp }): WireRecord => ({
        key: key && Buffer.from(key), value, valueBytes: Buffer.byteLength(value as string), headers: encodeHeaders(headers), timestamp,
      }))
      const batch = encodeRecordBatch(records, { producerId: '9007199254740993', producerEpoch: 3, baseSequence: 2 ** 31 - 1 }, { gzip })
      expect(batch.readInt32BE(8)).toBe(batch.length - 12)
      expect(batch.readUInt32BE(17)).toBe(crc32c(batch.subarray(21)))
      const decoded = decodeBatch(batch)
      expect(decoded).toMatchObject({ sequence: 2 ** 31 - 1, producerId: 9007199254740993n, newest: Math.max(...messages.map((m) => m.timestamp)) })
      decoded.records.forEach((record, i) => {
        const { key, value, headers, timestamp } = messages[i]!
        expect(record).toEqual({ key: key && Buffer.from(key), value: Buffer.from(value as string), headers: { ...headers }, timestamp, offset: i })
      })
    }), { numRuns: 200 })
  })
})

describe('CRC-32C', () => {
  it('gives the published values', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
    expect(crc32c(Buffer.from('xx123456789'), 2)).toBe(0xe3069283)
  })
})

describe('variable-length integers', () => {
  it('are as long as announced and keep every safe integer', () => {
    const half = Math.floor(Number.MAX_SAFE_INTEGER / 2)
    fc.assert(fc.property(fc.integer({ min: -half, max: half }), (value) => {
      const buffer = Buffer.alloc(10)
      const length = writeVarint(buffer, value, 0)
      expect(length).toBe(sizeOfVarint(value))
      let raw = 0n
      for (let i = length - 1; i >= 0; i--) raw = (raw << 7n) | BigInt(buffer[i]! & 127)
      expect(Number((raw >> 1n) ^ -(raw & 1n))).toBe(value)
      expect(buffer[length - 1]! < 128).toBe(true)
    }))
  })
})
