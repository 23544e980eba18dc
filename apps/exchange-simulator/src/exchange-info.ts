import type { MarketInstrument } from '@streamforge/market'

/** Stated where no limit is kept: clients that follow the stated limit are then not held back. */
const withoutLimit = 1_000_000_000

/** Binance's answer to /api/v3/exchangeInfo, with the fields that readers of market data use. */
export function exchangeInfo(instruments: readonly MarketInstrument[], serverTime: number, weightLimit: number) {
  return {
    timezone: 'UTC',
    serverTime,
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: weightLimit || withoutLimit },
      { rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: weightLimit * 10 || withoutLimit },
    ],
    exchangeFilters: [],
    symbols: instruments.map(describeSymbol),
  }
}

function describeSymbol({ symbol, baseAsset, quoteAsset, priceDecimals, quantityDecimals }: MarketInstrument) {
  const tick = (10 ** -priceDecimals).toFixed(8)
  const step = (10 ** -quantityDecimals).toFixed(8)
  return {
    symbol, status: 'TRADING',
    baseAsset, baseAssetPrecision: 8, quoteAsset, quotePrecision: 8, quoteAssetPrecision: 8,
    baseCommissionPrecision: 8, quoteCommissionPrecision: 8,
    orderTypes: ['LIMIT', 'MARKET'],
    icebergAllowed: false, ocoAllowed: false, otoAllowed: false, quoteOrderQtyMarketAllowed: true, allowTrailingStop: false,
    cancelReplaceAllowed: false, isSpotTradingAllowed: true, isMarginTradingAllowed: false,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tick, maxPrice: '1000000.00000000', tickSize: tick },
      { filterType: 'LOT_SIZE', minQty: step, maxQty: '9000000000.00000000', stepSize: step },
    ],
    permissions: [], permissionSets: [['SPOT']],
    defaultSelfTradePreventionMode: 'NONE', allowedSelfTradePreventionModes: ['NONE'],
  }
}
