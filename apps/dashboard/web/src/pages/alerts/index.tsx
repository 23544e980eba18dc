import { AlertsPage } from './alerts-page.tsx'
import './alerts.css'

/** /alerts */
export default function Alerts() {
  return <AlertsPage />
}
