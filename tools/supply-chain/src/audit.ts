import { runToEnd } from '@streamforge/servers'
import { z } from 'zod'

const Report = z.looseObject({ vulnerabilities: z.record(z.string(), z.looseObject({ severity: z.string(), range: z.string() })) })

/** What the registry knows of our packages, or why it was not to be had. */
export type Audit = { vulnerabilities: string[] } | { skipped: string }

export async function audit(root: string): Promise<Audit> {
  const { output } = await runToEnd('npm', ['audit', '--json', '--audit', '--loglevel', 'silent'], { cwd: root })
  return readAudit(output)
}

/** npm's report: high and critical ones are listed. An answer that is no report is a reason, never a clean bill. */
export function readAudit(output: string): Audit {
  const report = Report.safeParse(parse(output))
  if (!report.success) return { skipped: 'the registry has no audit endpoint, or cannot be reached' }
  const severe = Object.entries(report.data.vulnerabilities).filter(([, { severity }]) => severity === 'high' || severity === 'critical')
  return { vulnerabilities: severe.map(([name, { severity, range }]) => `${name} ${range}: ${severity}`) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
