import { expect, it } from 'vitest'
import { decodeResults, encodeChanges } from './alter-scram-users.ts'
import { scramCredential } from './scram-credential.ts'

it('salts a password as Kafka does', async () => {
  // RFC 5802's Hi() is PBKDF2 with HMAC-SHA-512: this is Python's hashlib.pbkdf2_hmac('sha512', b'pencil', b'salt', 4096, 64).
  const { iterations, saltedPassword } = await scramCredential('pencil', Buffer.from('salt'))
  expect(iterations).toBe(4096)
  expect(saltedPassword.toString('hex')).toBe('2cfe3a1c151662b1ea49d13f595674a1c666add70df15d3d02254e9905993878261da7407fd11c2fee4b0a30df5154b1a752f86a13380ddd4bdd9a7c958ec769')
})

it('encodes users to set and to remove', () => {
  const credential = { iterations: 4096, salt: Buffer.from([1, 2]), saltedPassword: Buffer.alloc(130, 7) }
  const bytes = encodeChanges({ set: [{ user: 'ab', credential }], remove: ['c'] })
  expect([...bytes]).toEqual([
    0, // no tags of the header
    2, 2, 0x63, 2, 0, // one deletion: 'c', SCRAM-SHA-512, no tags
    2, 3, 0x61, 0x62, 2, 0, 0, 0x10, 0, 3, 1, 2, 0x83, 1, ...Array<number>(130).fill(7), 0, // one upsertion; 131 takes two bytes
    0,
  ])
})

it('reads what became of each user', () => {
  const payload = Buffer.from([0, 0, 0, 0, 0, 3, 3, 0x61, 0x62, 0, 0, 0, 0, 2, 0x63, 0, 58, 3, 0x6e, 0x6f, 0, 0])
  expect(decodeResults(payload)).toEqual([{ user: 'ab', code: 0 }, { user: 'c', code: 58 }])
})
