import type { TradeAction } from './strategy.ts'

/** What trading costs, and how much of the cash goes into one purchase. */
export interface AccountRules {
  /** In the quote currency. */
  initialCapital: number
  /** Of what is traded, in basis points. */
  feeBps: number
  /** By which a fill is worse than the bar's open, in basis points. */
  slippageBps: number
  /** Smallest quantity, in units; quantities are multiples of it. */
  lotSize: number
  /** Share of the cash that a purchase spends, fee included, (0, 1]. */
  positionShare: number
}

/** Why an order came to nothing. */
export type Refusal = '' | 'no_market' | 'below_lot' | 'small_order' | 'no_position'

/**
 * Cash and units of one symbol, long only, with at most one order waiting. Changed in place, and no step allocates: an agent takes tens of thousands of
 * steps a second. {@link settleOrder} leaves what the last bar came to in the fields after `pendingSize`.
 */
export interface Account {
  cash: number
  /** Units held. */
  position: number
  /** Paid for the units held, fees included. */
  cost: number
  feesPaid: number
  /** Value of all that was bought and sold. */
  traded: number
  pending: TradeAction
  pendingSize: number
  filled: TradeAction
  filledQuantity: number
  /** After slippage. */
  filledPrice: number
  filledFee: number
  /** What a sale brought above what was paid for its units, fees of both included; 0 for a purchase. */
  filledProfit: number
  refused: Refusal
}

/** A purchase that spends less than this share of a first one is dust, and is not made: who says buy bar after bar buys once. */
export const smallestOrderShare = 0.1

export function openAccount({ initialCapital }: AccountRules): Account {
  return {
    cash: initialCapital, position: 0, cost: 0, feesPaid: 0, traded: 0, pending: 'hold', pendingSize: 1,
    filled: 'hold', filledQuantity: 0, filledPrice: 0, filledFee: 0, filledProfit: 0, refused: '',
  }
}

/** When a bar has closed: what is to be done at the next one's open. It takes the place of what was asked before. */
export function placeOrder(account: Account, action: TradeAction, size = 1): void {
  account.pending = action
  account.pendingSize = size
}

/**
 * When a bar opens: the waiting order is filled at its open, worse by the slippage, or comes to nothing; it does not wait for another bar. A bar in which
 * nothing was traded (volume 0), or of which there is no price, fills nothing. Of bars that are missing it is not called. True when it was filled.
 */
export function settleOrder(account: Account, rules: AccountRules, open: number, volume: number): boolean {
  const { pending } = account
  account.pending = 'hold'
  account.filled = 'hold'
  account.refused = ''
  if (pending === 'hold') return false
  if (!(open > 0 && volume > 0)) return refuse(account, 'no_market')
  return pending === 'buy' ? buy(account, rules, open) : sell(account, rules, open)
}

/** Cash, and the units at this price. */
export const portfolioValue = (account: Account, price: number): number => (account.position === 0 ? account.cash : account.cash + account.position * price)

function buy(account: Account, rules: AccountRules, open: number): boolean {
  const budget = account.cash * rules.positionShare * account.pendingSize
  const price = open * (1 + rules.slippageBps / 10_000)
  const unitCost = price * (1 + rules.feeBps / 10_000)
  if (account.position > 0 && budget < smallestOrderShare * rules.positionShare * portfolioValue(account, open)) return refuse(account, 'small_order')
  const quantity = wholeLots(budget / unitCost, rules.lotSize)
  if (quantity === 0) return refuse(account, 'below_lot')
  const value = quantity * price
  const fee = value * (rules.feeBps / 10_000)
  account.cash -= value + fee
  account.position += quantity
  account.cost += value + fee
  return fill(account, 'buy', quantity, price, fee, 0)
}

function sell(account: Account, rules: AccountRules, open: number): boolean {
  if (account.position === 0) return refuse(account, 'no_position')
  const quantity = account.pendingSize >= 1 ? account.position : wholeLots(account.position * account.pendingSize, rules.lotSize)
  if (quantity === 0) return refuse(account, 'below_lot')
  const price = open * (1 - rules.slippageBps / 10_000)
  const value = quantity * price
  const fee = value * (rules.feeBps / 10_000)
  const paid = account.cost * (quantity / account.position)
  account.cash += value - fee
  account.position -= quantity
  account.cost = account.position === 0 ? 0 : account.cost - paid
  return fill(account, 'sell', quantity, price, fee, value - fee - paid)
}

function fill(account: Account, side: TradeAction, quantity: number, price: number, fee: number, profit: number): boolean {
  account.feesPaid += fee
  account.traded += quantity * price
  account.filled = side
  account.filledQuantity = quantity
  account.filledPrice = price
  account.filledFee = fee
  account.filledProfit = profit
  return true
}

function refuse(account: Account, reason: Refusal): boolean {
  account.refused = reason
  return false
}

// 3 lots of 0.1 must not come to 2 because 0.3 / 0.1 is 2.9999999999999996.
const wholeLots = (quantity: number, lotSize: number) => Math.floor(quantity / lotSize + 1e-9) * lotSize
