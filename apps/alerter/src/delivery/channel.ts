import type { AlertChannel, AlertNotice } from '@streamforge/contracts'

/** A way to people. */
export interface Channel {
  readonly name: AlertChannel
  /** Resolves when the other side has taken the notice. @throws StreamForgeError DELIVERY_FAILED, DELIVERY_REFUSED; never with a secret in it */
  deliver(notice: AlertNotice): Promise<void>
  close(): Promise<void>
}

/** Milliseconds that a delivery may take. */
export const deliveryMs = 10_000
