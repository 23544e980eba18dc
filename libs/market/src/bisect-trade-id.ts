/**
 * The id of the first trade at or after `time`, for venues that find trades by id only. `high` is a trade that came at or after
 * `time`, `low` an id not above the first trade's; `newestUpTo` answers with the newest trade whose id is not above the one given,
 * so that ids which the venue does not hold are no obstacle.
 */
export async function bisectTradeId(
  low: number, high: number, time: number, newestUpTo: (id: number) => Promise<{ trade_id: number; event_time: number } | undefined>,
): Promise<number> {
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2)
    const found = await newestUpTo(middle)
    if (found && found.event_time >= time) high = found.trade_id
    else low = middle + 1
  }
  return high
}
