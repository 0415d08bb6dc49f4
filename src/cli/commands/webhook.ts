/** How commands reach a connection's webhook. */

import type { Connection } from '../../runner/connection/connection.ts'
import type { RunRecord } from '../../runner/history/record.ts'
import type { DispatcherFactory } from '../../runner/notify/webhook.ts'
import type { ProgramContext } from '../main.ts'

/** The same way as the tap's to the API, proxies included. Loaded only for those who are told. */
export function webhookDispatcher({ env, logger }: ProgramContext): DispatcherFactory {
  return async (baseUrl) => {
    const { createDispatcher } = await import('../../http/dispatcher.ts')
    return createDispatcher({ env, logger, baseUrl, connections: 1 })
  }
}

/** Tells the connection's webhook, if it has one, of runs in their order; what fails is told on stderr. */
export async function notifyWebhook(
  connection: Connection,
  runs: readonly RunRecord[],
  context: ProgramContext,
): Promise<void> {
  if (!connection.notify) return
  const { notify } = await import('../../runner/notify/notify.ts')
  for (const run of runs) {
    const { signal } = context
    const options = { nowMs: Date.now(), openDispatcher: webhookDispatcher(context), signal }
    for (const failure of await notify(connection, run, options))
      process.stderr.write(`${context.logger.clean(`Warning (customerio-sync): ${failure}`)}\n`)
  }
}
