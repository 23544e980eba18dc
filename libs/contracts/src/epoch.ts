import { z } from 'zod'
import { MAX_EPOCH_MS, MIN_EPOCH_MS } from './time.ts'

export const Epoch = z.int().min(MIN_EPOCH_MS).max(MAX_EPOCH_MS).describe('Milliseconds since 1970-01-01 UTC')
