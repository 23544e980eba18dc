/**
 * The smallest id in [low, high) whose trade came at or after `time`, or `high` if there is none: for venues that find trades by
 * id only. Ids that the venue does not hold are stepped over by `timeAt`, which answers with the first trade from an id on.
 */
export async function bisectTradeId(
  low: number, high: number, time: number, timeAt: (id: number) => Promise<{ id: number; time: number } | undefined>,
): Promise<number> {
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2)
    const found = await timeAt(middle)
    if (found === undefined || found.id >= high || found.time >= time) high = middle
    else low = found.id + 1
  }
  return low
}
