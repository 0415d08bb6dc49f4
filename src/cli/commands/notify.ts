import { didYouMean } from '../../config/nearest-name.ts'
import { AppError } from '../../errors.ts'
import { sendTestEvent, type TestedWebhook } from '../../runner/notify/test-event.ts'
import { isAccepted } from '../../runner/notify/webhook.ts'
import { CONNECTION_OPTION, JSON_OPTION, type Command, type ConnectionFlags } from '../command.ts'
import { openConnection } from '../open.ts'
import { print } from '../print.ts'
import { webhookDispatcher } from '../webhook.ts'

const ACTION = 'test'

function testedText({ host, format, response }: TestedWebhook): string {
  const { status, body } = response
  const answer = body.trim() === '' ? 'an empty body' : JSON.stringify(body.trim())
  return `Sent a test event to ${host} in the format ${format}. It answered with status ${status} and ${answer}.`
}

function testedDocument({ event, host, format, response }: TestedWebhook) {
  return {
    event_id: event.event_id,
    host,
    format,
    is_accepted: isAccepted(response),
    status: response.status,
    body: response.body,
  }
}

export const notifyCommand: Command<ConnectionFlags> = {
  line: {
    name: 'customerio-sync notify',
    usage:
      'Usage: $0 test [--connection NAME|FILE]\n\nSends an event of the name test to the webhook of a connection, once, and prints what the receiver answered.',
    options: { ...CONNECTION_OPTION, ...JSON_OPTION },
    words: [1, 1],
    examples: [['$0 test', 'Check the webhook of connection.json']],
  },
  run: async (flags, context) => {
    const [action] = flags._.map(String)
    if (action !== ACTION) {
      throw new AppError('USAGE', `Unknown action: ${action ?? 'none'}.`, {
        hint: `${didYouMean(action ?? '', [ACTION])}Use test.`,
      })
    }
    const connection = await openConnection(flags, context)
    const { signal, logger } = context
    const options = { nowMs: Date.now(), openDispatcher: webhookDispatcher(context), signal }
    const tested = await sendTestEvent(connection, options)
    const text = flags.json
      ? JSON.stringify(testedDocument(tested), undefined, 2)
      : testedText(tested)
    await print(
      text
        .split('\n')
        .map((line) => logger.clean(line))
        .join('\n'),
    )
    if (isAccepted(tested.response)) return
    const { status } = tested.response
    throw new AppError(
      'WEBHOOK_FAILED',
      `The webhook did not accept the event (status ${status}).`,
      {
        hint: 'An event is delivered when the answer has a 2xx status. Check `notify.url` and what the receiver expects.',
      },
    )
  },
}
