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

/** Notifies the connection's webhook, if any, of runs in order. Failures are warnings on stderr. */
export async function notifyWebhook(
  connection: Connection,
  runs: readonly RunRecord[],
  context: ProgramContext,
): Promise<void> {
  if (!connection.notify) return
  const { notify } = await import('../runner/notify/notify.ts')
  for (const run of runs) {
    const { signal } = context
    const options = { nowMs: Date.now(), openDispatcher: webhookDispatcher(context), signal }
    for (const failure of await notify(connection, run, options))
      process.stderr.write(`${context.logger.clean(`Warning (customerio-sync): ${failure}`)}\n`)
  }
}
