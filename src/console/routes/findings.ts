/** Findings of checks as the API shows them. Pure. */

import type { Finding } from '../../runner/inspect/finding.ts'
import type { Api } from '../api/schemas.generated.ts'

/** Without an own exit status, and with secrets masked. */
export function findingsView(
  findings: readonly Finding[],
  logger: { clean: (text: string) => string },
): Api<'Finding'>[] {
  return findings.map(({ check, status, message, code }) => {
    return { check, status, message: logger.clean(message), code }
  })
}

export function isWorking(findings: readonly Finding[]): boolean {
  return findings.every(({ status }) => status !== 'failed')
}
