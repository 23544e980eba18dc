import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'

/** What a broker keeps of a password: SCRAM-SHA-512's salted password (RFC 5802), from which it cannot be told. */
export interface ScramCredential {
  iterations: number
  salt: Buffer
  saltedPassword: Buffer
}

/** Kafka takes 4,096 to 16,384. The least: clients go through them at every connection, and our passwords are random, not guessed. */
const iterations = 4096

/** @param salt 32 random bytes */
export async function scramCredential(password: string, salt: Buffer): Promise<ScramCredential> {
  return { iterations, salt, saltedPassword: await promisify(pbkdf2)(password.normalize('NFKC'), salt, iterations, 64, 'sha512') }
}
