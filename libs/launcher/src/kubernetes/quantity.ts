import { z } from 'zod'

const factors: Readonly<Record<string, number>> = { m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 }

/** An amount of something as Kubernetes writes it: `250m` is a quarter, `512Mi` half of a gibibyte. */
export const Quantity = z.string({ error: 'expected an amount in quotes, such as "500m", "512Mi" or "1"' })
  .regex(/^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/, 'expected an amount such as 500m, 512Mi or 1')

/** In units: cores of a processor, bytes of memory. */
export function amountOf(quantity: string): number {
  const [, digits, unit] = /^([\d.]+)(.*)$/.exec(quantity)!
  return Number(digits) * factors[unit!]!
}
