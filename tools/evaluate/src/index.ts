export type { Dataset } from './dataset.ts'
export { readCrypto } from './crypto.ts'
export { readStocks } from './stocks.ts'
