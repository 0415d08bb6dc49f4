import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { makeWorld } from '../../../src/sandbox/world.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { connect, STREAMS, type StreamName } from '../support/connection.ts'
import { keyOf } from '../support/truth.ts'
import { ACTION_SHAPES } from '../support/action-shapes.ts'
import { CAMPAIGN_SHAPES } from '../support/campaign-shapes.ts'
import { NEWSLETTER_SHAPES, type Shape } from '../support/newsletter-shapes.ts'

const SHAPES: Record<StreamName, readonly Shape[]> = {
  newsletters: NEWSLETTER_SHAPES,
  campaigns: CAMPAIGN_SHAPES,
  campaign_actions: ACTION_SHAPES,
}

/** Columns of a row that are not null. */
function filled(row: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}

async function loadShapes(t: TestContext): Promise<Record<StreamName, Map<string, JsonObject>>> {
  const world = makeWorld({
    newsletters: NEWSLETTER_SHAPES.map(({ wire }) => wire),
    campaigns: CAMPAIGN_SHAPES.map(({ wire }) => wire),
    actions: new Map([['30', ACTION_SHAPES.map(({ wire }) => wire)]]),
  })
  const { sync, rows } = await connect(t, { sandbox: { world } })
  await sync()
  const tables = await Promise.all(
    STREAMS.map(async (stream) => {
      const byKey = (await rows(stream)).map((row) => [keyOf(row), row] as const)
      return [stream, new Map(byKey)] as const
    }),
  )
  return Object.fromEntries(tables) as Record<StreamName, Map<string, JsonObject>>
}

const COLUMN_COUNTS: Record<StreamName, number> = {
  newsletters: 19,
  campaigns: 36,
  campaign_actions: 39,
}

test('every shape of API object becomes the expected row', async (t) => {
  const tables = await loadShapes(t)
  for (const stream of STREAMS) {
    assert.equal(tables[stream].size, SHAPES[stream].length)
    for (const { title, row } of SHAPES[stream]) {
      await t.test(`${stream}: ${title}`, () => {
        const found = tables[stream].get(keyOf(row)) ?? {}
        assert.deepEqual(filled(found), row)
        assert.equal(Object.keys(found).length, COLUMN_COUNTS[stream])
      })
    }
  }
})
