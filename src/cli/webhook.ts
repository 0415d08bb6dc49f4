/** How commands call the webhook of a connection. */

import type { Connection } from '../runner/connection/connection.ts'
import type { RunRecord } from '../runner/history/record.ts'
import type { DispatcherFactory } from '../runner/notify/webhook.ts'
import type { ProgramContext } from './main.ts'

/**
 * Uses the same HTTP dispatcher as the tap, with proxies. Loaded only when a webhook is configured.
 */
export function webhookDispatcher({ env, logger }: ProgramContext): DispatcherFactory {
  return async (baseUrl) => {
    const { createDispatcher } = await import('../http/dispatcher.ts')
    return createDispatcher({ env, logger, baseUrl, connections: 1 })
  }
}

/** Notifies the connection's webhook, if any, of runs in order. Returns what failed. */
export async function notifyWebhook(
  connection: Connection,
  runs: readonly RunRecord[],
  context: ProgramContext,
): Promise<string[]> {
  if (!connection.notify) return []
  const { notify } = await import('../runner/notify/notify.ts')
  const failures: string[] = []
  for (const run of runs) {
    const { signal } = context
    const options = { nowMs: Date.now(), openDispatcher: webhookDispatcher(context), signal }
    failures.push(...(await notify(connection, run, options)))
  }
  return failures
}
