import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import type { JsonObject } from '../../../src/singer/json.ts'
import { closeAll, get, start } from '../api/reading.ts'
import { control, detailOf } from './controlling.ts'

afterEach(closeAll)

test('sends messages, and makes people react to them', async () => {
  const sandbox = await start({ isControlled: true })
  sandbox.world.now = () => 1_790_000_000_999
  const { status, body } = await control(
    sandbox,
    ['POST', '/edits'],
    [
      { add: 'delivery', set: { id: 'd1', created: 1_789_999_000, campaign_id: 5 } },
      { open: 'delivery', id: 'd1', at: 1_789_999_500 },
      { click: 'delivery', id: 'd1' },
      { convert: 'delivery', id: 'd1' },
      { edit: 'delivery', id: 'd1', set: { subject: 'Hello' } },
      { add: 'delivery', set: { id: 'd2', draft: true } },
      { send: 'delivery', id: 'd2' },
      { forget: 'person', id: 'a3000001' },
      { delete: 'delivery', id: 'd2' },
    ],
  )
  assert.equal(status, 200)
  const objects = body['objects'] as (JsonObject | null)[]
  assert.deepEqual(objects.slice(7), [null, null])
  assert.deepEqual(objects[6]?.['metrics'], {
    drafted: 1_790_000_000,
    sent: 1_790_000_000,
    delivered: 1_790_000_000,
  })
  const { messages } = (await (await get(sandbox, '/messages')).json()) as JsonObject
  const [message, ...others] = messages as JsonObject[]
  assert.deepEqual(
    ['id', 'campaign_id', 'subject', 'forgotten', 'metrics'].map((field) => message?.[field]),
    [
      'd1',
      5,
      'Hello',
      true,
      {
        sent: 1_789_999_000,
        delivered: 1_789_999_000,
        opened: 1_789_999_500,
        human_opened: 1_789_999_500,
        clicked: 1_790_000_000,
        human_clicked: 1_790_000_000,
        'link:1': 1_790_000_000,
        'human_link:1': 1_790_000_000,
        converted: 1_790_000_000,
      },
    ],
  )
  assert.ok(others.every((one) => one['id'] !== 'd2'))
  for (const [edit, reason] of [
    [{ open: 'delivery', id: 'd1', at: 'now' }, '`at` must be epoch seconds.'],
    [{ open: 'delivery', id: 'd9' }, 'The workspace has no delivery d9.'],
    [{ send: 'delivery', id: 'd1' }, 'Delivery d1 is not a draft.'],
    [{ forget: 'person', id: 'x' }, 'The workspace has no person x.'],
    [{ add: 'delivery', set: { created: 'x' } }, '`created` must be epoch seconds.'],
    [{ add: 'delivery', set: { id: 'd1' } }, 'The workspace already has delivery d1.'],
    [{ add: 'delivery', set: { metrics: [] } }, '`metrics` must be an object.'],
    [{ click: 'campaign', id: 4 }, '`click` must be delivery.'],
  ] as [JsonObject, string][]) {
    const refused = await control(sandbox, ['POST', '/edits'], edit)
    assert.deepEqual([refused.status, detailOf(refused)], [400, reason])
  }
})
