/**
 * Writes batches until it is killed, and tells of each one that is stored. Used by killed-writer.test.ts.
 * Arguments: file, name of the writer, documents a batch.
 */
import { openEmbeddedStore } from './open-embedded-store.ts'

const [file, writer, size] = process.argv.slice(2)
const store = await openEmbeddedStore({ file: file! })
await store.ensureCollection('batches', { indexes: [['batch']] })
for (let batch = 0; ; batch++) {
  await store.writeBatch('batches', Array.from({ length: Number(size) }, (_, i) => ({
    _key: `${writer}_${String(batch).padStart(6, '0')}_${i}`, batch: `${writer}_${batch}`, text: 'x'.repeat(200),
  })))
  process.stdout.write(`${batch}\n`)
}
