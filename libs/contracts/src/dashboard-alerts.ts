import { z } from 'zod'
import { alertDefinitions, Silence, StoredAlert } from './alerts.ts'

/** What the dashboard's server answers about alerts, and what its Alerts page may ask for. */

export const ShownAlert = StoredAlert.omit({ last_above_at: true, updated_at: true, published: true }).extend({
  silenced_by: z.array(Silence.shape.id).describe('Silences that keep it from people now'),
})
export type ShownAlert = z.infer<typeof ShownAlert>

/** GET /api/alerts: what goes on, what is over, and of what nobody is told. */
export const AlertsAnswer = z.strictObject({
  firing: z.array(ShownAlert).describe('The newest first'),
  ended: z.array(ShownAlert).describe('The last that are over, the newest first'),
  silences: z.array(Silence).describe('That have not ended, the next to end first'),
  kinds: z.array(z.strictObject({ id: Silence.shape.alert.unwrap(), title: z.string() })).describe('Every alert there is, for the form of silences'),
})
export type AlertsAnswer = z.infer<typeof AlertsAnswer>
export const alertKinds = alertDefinitions.map(({ id, title }) => ({ id, title }))

const longestSilenceMinutes = 30 * 24 * 60
/** POST /api/alerts/silences: from now on; the server adds the id, the times and who asks, and publishes it. */
export const SilenceRequest = Silence.pick({ alert: true, severity: true, labels: true, comment: true }).extend({
  comment: Silence.shape.comment.min(1),
  minutes: z.int().min(1).max(longestSilenceMinutes).describe('How long it lasts'),
})
export type SilenceRequest = z.infer<typeof SilenceRequest>

/** DELETE /api/alerts/silences/{id} */
export const SilenceParams = Silence.pick({ id: true })
/** Of both: the alerter has been told, and takes it up when it runs. */
export const SilenceAccepted = SilenceParams
export type SilenceAccepted = z.infer<typeof SilenceAccepted>
