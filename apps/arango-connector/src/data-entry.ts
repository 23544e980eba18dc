import { catalog } from '@streamforge/contracts'
import { type Dataset, foreignness } from './dataset.ts'

/** The catalog's data messages, narrowed to one queue's: what belongs elsewhere is a bad message here. */
export function dataEntryOf(dataset: Dataset) {
  const schema = catalog.data.schema.superRefine((message, context) => {
    const reason = foreignness(dataset, message)
    if (reason !== undefined) context.addIssue({ code: 'custom', message: reason })
  })
  return { ...catalog.data, schema }
}
