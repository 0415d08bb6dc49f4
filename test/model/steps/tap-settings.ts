/** The settings of the tap for one run of a sequence. */

import type { Sandbox } from '../../../src/sandbox/api/server.ts'
import type { TapConfig } from '../../../src/schemas.generated.ts'
import { tapConfig } from '../../support/tap-config.ts'
import type { RunStep, Sequence } from './steps.ts'

/** Retries get past a fault that occurs once or twice, but not past one that occurs more often. */
function retryBudgetSeconds(faultTimes: number): number {
  if (faultTimes === 0) return 60
  return faultTimes <= 2 ? 3 : 0
}

export function settingsFor(sequence: Sequence, step: RunStep, sandbox: Sandbox): TapConfig {
  const { lookbackSeconds, cutoffDays, startDate, maxDeletedPercent } = sequence
  return tapConfig({
    app_api_key: sandbox.apiKey,
    api_url: sandbox.url,
    requests_per_second: 5000,
    lookback_seconds: lookbackSeconds,
    max_deleted_percent: maxDeletedPercent,
    ...(cutoffDays !== null && { cutoff_days: cutoffDays }),
    ...(startDate !== null && { start_date: new Date(startDate * 1000).toISOString() }),
    retry_budget_seconds: retryBudgetSeconds(step.fault?.times ?? 0),
    request_timeout_seconds: step.fault?.name.startsWith('silence') ? 0.3 : 30,
  })
}
