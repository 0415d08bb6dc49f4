import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as answers from '../../src/sandbox/api/answers.ts'
import { idText } from '../../src/sandbox/world.ts'
import { recordsOf } from '../support/programs.ts'
import { criticalOf, valueOf, workspaceOf } from './workspace.ts'

const NEWSLETTERS = /\/v1\/newsletters/
const ACTIONS = /\/campaigns\/1002\/actions/

test('T1: reads every row once from pages of any size, with a full, short or empty last page', async (t) => {
  const workspace = await workspaceOf(t, {
    world: { examples: false, newsletters: 99, campaigns: 3, actionsPerCampaign: 12 },
  })
  const { paging, world } = workspace.sandbox
  const cases = [
    { newsletterMaxLimit: 1, actionLimit: 1, hasTrailingPage: true },
    { newsletterMaxLimit: 2, actionLimit: 4, hasTrailingPage: false },
    { newsletterMaxLimit: 33, actionLimit: 12, hasTrailingPage: true },
    { newsletterMaxLimit: 1000, actionLimit: 1000, hasTrailingPage: false },
  ]
  for (const sizes of cases) {
    Object.assign(paging, sizes)
    const { stdout } = await workspace.healthy({ state: null })
    assert.equal(recordsOf(stdout, 'newsletters').length, world.newsletters.length)
    assert.equal(recordsOf(stdout, 'campaign_actions').length, 36)
  }
})

test('T1: reads lists completely that end just before, at and just after a full page of 100', async (t) => {
  for (const newsletters of [100, 101]) {
    const world = { examples: false, newsletters }
    const workspace = await workspaceOf(t, { world, paging: { hasTrailingPage: true } })
    const { stdout } = await workspace.healthy()
    assert.equal(recordsOf(stdout, 'newsletters').length, newsletters)
  }
})

test('T2: an empty page between full ones does not end the list', async (t) => {
  const workspace = await workspaceOf(t, { paging: { newsletterMaxLimit: 10, actionLimit: 2 } })
  for (const path of [NEWSLETTERS, ACTIONS]) {
    let next = ''
    workspace.sandbox.faults.add({
      match: ({ target }) => path.test(target) && !target.includes('start='),
      respond: answers.changeBody((body) => {
        next = idText(body['next'])
        return { ...body, next: 'an+empty/page=' }
      }),
    })
    workspace.sandbox.faults.add({
      match: ({ query, target }) => path.test(target) && query.get('start') === 'an+empty/page=',
      respond: answers.changeBody((body) => ({ ...body, next })),
    })
  }
  await workspace.healthy()
  const empty = workspace.sandbox.requests.filter(
    ({ query }) => query.get('start') === 'an+empty/page=',
  )
  assert.equal(empty.length, 2)
})

test('T3: cursors that repeat after one, two or seven pages fail the stream and keep its bookmark', async (t) => {
  const workspace = await workspaceOf(t, { paging: { newsletterMaxLimit: 3, actionLimit: 1 } })
  const { faults } = workspace.sandbox
  for (const [newsletters, actions] of [
    [7, 1],
    [2, 2],
  ] as const) {
    faults.add({ match: NEWSLETTERS, respond: answers.repeatedCursor(newsletters) })
    faults.add({ match: ACTIONS, respond: answers.repeatedCursor(actions) })
    const failed = await workspace.failing(5, { state: null })
    assert.match(
      criticalOf(failed)[0] ?? '',
      /newsletters: The pages of GET \/newsletters form a loop: a cursor was repeated\. campaign_actions: The pages of GET \/campaigns\/1002\/actions form a loop: a cursor was repeated\..* code=CURSOR_LOOP failed_streams=newsletters,campaign_actions$/,
    )
    assert.equal(valueOf(workspace, 'newsletters'), null)
    assert.equal(valueOf(workspace, 'campaign_actions'), null)
    faults.clear()
  }
  await workspace.healthy()
})

test('T4: endless new cursors with the same rows, or with none, fail the stream', async (t) => {
  const workspace = await workspaceOf(t)
  const { faults } = workspace.sandbox
  faults.add({ match: NEWSLETTERS, respond: answers.endlessCursors('same') })
  faults.add({ match: ACTIONS, respond: answers.endlessCursors('none') })
  const failed = await workspace.failing(5)
  assert.match(
    criticalOf(failed)[0] ?? '',
    /newsletters form a loop: the same rows were repeated\..*actions form a loop: too many pages were empty\./,
  )
  assert.ok(workspace.sandbox.requests.length < 150)
  faults.clear()
  await workspace.healthy()
})

test('T4: endless new cursors with the same rows, edited each time, fail the stream', async (t) => {
  const workspace = await workspaceOf(t)
  const { faults } = workspace.sandbox
  faults.add({ match: NEWSLETTERS, respond: answers.endlessCursors('edited') })
  const failed = await workspace.failing(5)
  assert.match(
    criticalOf(failed)[0] ?? '',
    /newsletters form a loop: the same rows were repeated\./,
  )
  assert.ok(workspace.sandbox.requests.length < 50)
  faults.clear()
  await workspace.healthy()
})

test('T5: "", null and an absent `next` end a list, a number is a cursor, and an object is an error', async (t) => {
  const workspace = await workspaceOf(t, { paging: { actionLimit: 2 } })
  const { faults } = workspace.sandbox
  const ends = [
    ['1001', ''],
    ['1002', null],
    ['1003', undefined],
  ] as const
  for (const [id, next] of ends) {
    const match = new RegExp(`/${id}/actions\\?start=`)
    faults.add({ match, respond: answers.nextAs(next) })
  }
  let cursor = ''
  faults.add({
    match: /1004\/actions$/,
    respond: answers.changeBody((body) => {
      cursor = idText(body['next'])
      return { ...body, next: 7 }
    }),
  })
  faults.add({
    match: ({ query }) => query.get('start') === '7',
    respond: answers.replyWith({ status: 307, headers: { location: '/elsewhere' } }),
  })
  const failed = await workspace.failing(5)
  assert.match(
    criticalOf(failed)[0] ?? '',
    /1004\/actions\.|returned 307 for GET \/campaigns\/1004/,
  )
  assert.notEqual(cursor, '')
  faults.clear()
  faults.add({ match: /newsletters/, respond: answers.nextAs({ page: 2 }) })
  const refused = await workspace.failing(5)
  assert.match(criticalOf(refused)[0] ?? '', /GET \/newsletters has a `next` that is not a token/)
  faults.clear()
  await workspace.healthy()
})

test('T37: reads [] and null as an empty stream', async (t) => {
  for (const emptyList of ['array', 'null'] as const) {
    const world = { examples: false }
    const workspace = await workspaceOf(t, { world, paging: { emptyList } })
    const { stdout } = await workspace.healthy()
    assert.doesNotMatch(stdout, /"RECORD"/)
  }
})
