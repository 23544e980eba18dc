const quoteAssets = ['FDUSD', 'USDT', 'USDC', 'BUSD', 'TUSD', 'USDP', 'DAI', 'BTC', 'ETH', 'BNB', 'EUR', 'GBP', 'TRY', 'BRL', 'USD']

/** Base and quote of a symbol without separator, by the known quote assets: BTCUSDT -> BTC, USDT. */
export function splitSymbol(symbol: string): { baseAsset: string; quoteAsset: string } {
  const quoteAsset = quoteAssets.find((quote) => symbol.endsWith(quote) && symbol.length > quote.length) ?? symbol.slice(-3)
  return { baseAsset: symbol.slice(0, symbol.length - quoteAsset.length), quoteAsset }
}
