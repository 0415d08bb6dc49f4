import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatOf, webhookBody } from '../../../src/runner/notify/webhook-body.ts'
import { summaryOf, type NotifyEvent } from '../../../src/runner/notify/event.ts'
import { assertMatches } from '../../support/record-schemas.ts'
import { recordOf, START } from '../../support/network/webhook-receiver.ts'

const EVENT: NotifyEvent = {
  event: 'run_failed',
  event_id: 'id',
  connection: 'production',
  sent_at: new Date(START).toISOString(),
  last_success_at: null,
  run: summaryOf(recordOf('failed')),
}

test('a URL of Power Automate gets the format of Teams, unless the settings name one', () => {
  const teams = [
    'https://prod-01.westeurope.logic.azure.com:443/workflows/x/triggers/manual/paths/invoke',
    'https://default1.eu.environment.api.powerplatform.com/powerautomate/automations/direct/x',
  ]
  const others = [
    'https://hooks.slack.com/services/x',
    'https://logic.azure.com.example.com/',
    'https://chat.example.com/hooks/x',
  ]
  for (const url of teams) {
    assert.equal(formatOf({ url }), 'teams', url)
    assert.equal(formatOf({ url, format: 'json' }), 'json', url)
  }
  for (const url of others) {
    assert.equal(formatOf({ url }), 'json', url)
    assert.equal(formatOf({ url, format: 'teams' }), 'teams', url)
  }
})

test('both formats match the schema, and Teams gets the text as a card', async () => {
  const json = webhookBody(EVENT, 'json')
  await assertMatches('webhook.json', json)
  assert.deepEqual(json, { text: json.text, ...EVENT })
  const teams = webhookBody(EVENT, 'teams')
  await assertMatches('webhook.json', teams)
  assert.equal(teams.type, 'message')
  assert.deepEqual(
    teams.attachments?.map(({ contentType, content }) => [contentType, content['body']]),
    [
      [
        'application/vnd.microsoft.card.adaptive',
        [{ type: 'TextBlock', text: json.text, wrap: true }],
      ],
    ],
  )
})

test('an error with Markdown becomes no link in a card', () => {
  const error = { program: 'tap-customerio', code: 'BAD_RESPONSE', message: 'got [x](https://e.x)' }
  const run = { ...summaryOf(recordOf('failed')), error } as NotifyEvent['run']
  const { attachments } = webhookBody({ ...EVENT, run }, 'teams')
  assert.doesNotMatch(JSON.stringify(attachments), /\]\(/)
})
