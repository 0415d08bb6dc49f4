import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change } from '../../../src/loader/commit-unit.ts'
import { commentOf, CommentPlanner, setByChanges } from '../../../src/loader/tables/comments.ts'
import type { FoundTable } from '../../../src/loader/warehouse.ts'

const TEXT = { kind: 'text' } as const

function column(name: string, comment: string) {
  return { name, type: TEXT, comment }
}

function found(comments: Record<string, string | undefined>, comment?: string): FoundTable {
  return {
    name: 't',
    ...(comment !== undefined && { comment }),
    columns: Object.entries(comments).map(([name, text]) => ({
      name,
      type: TEXT,
      ...(text !== undefined && { comment: text }),
    })),
  }
}

function planner(table: FoundTable | undefined, ...stored: readonly string[]) {
  let reads = 0
  const planned = new CommentPlanner(table ? [table] : [], async () => {
    reads++
    return stored
  })
  return { plan: planned.plan.bind(planned), reads: () => reads }
}

test('a description is a comment without what no database stores', () => {
  assert.equal(commentOf({ description: '  a\u0000b \ud800 ' }), 'a\ufffdb \ufffd')
  for (const schema of [undefined, true, {}, { description: 1 }, { description: ' ' }]) {
    assert.equal(commentOf(schema), undefined)
  }
})

test('a new table gets all comments at once, and none again', async () => {
  const { plan } = planner(undefined)
  const wanted = { table: 't', isNew: true, comment: 'T.', columns: [column('a', 'A.')] }
  assert.deepEqual(await plan(wanted), {
    kind: 'set-comments',
    table: 't',
    comment: 'T.',
    columns: [column('a', 'A.')],
  })
  assert.equal(await plan({ ...wanted, isNew: false }), undefined)
  const changed = await plan({ ...wanted, isNew: false, columns: [column('a', 'B.')] })
  assert.deepEqual(changed, { kind: 'set-comments', table: 't', columns: [column('a', 'B.')] })
})

test('the ledger is read only when a comment differs', async () => {
  const { plan, reads } = planner(found({ a: 'A.' }, 'T.'), '{"t":{"":"T.","a":"A."}}')
  const wanted = { table: 't', isNew: false, comment: 'T.', columns: [column('a', 'A.')] }
  assert.equal(await plan(wanted), undefined)
  assert.equal(reads(), 0)
  assert.deepEqual((await plan({ ...wanted, comment: 'New.' }))?.comment, 'New.')
  await plan({ ...wanted, comment: 'Newer.' })
  assert.equal(reads(), 1)
})

test('only the comment that a load set last is replaced', async () => {
  const { plan } = planner(
    found({ ours: 'New.', old: 'Old.', mine: 'Mine.', none: undefined }, 'My table.'),
    '{"t":{"ours":"Old.","old":"Old.","":"T."}}',
    '{"other":{"ours":"x"},"t":{"ours":"New.","old":"New."}}',
  )
  const columns = ['ours', 'old', 'mine', 'none'].map((name) => column(name, 'Wanted.'))
  assert.deepEqual(await plan({ table: 't', isNew: false, comment: 'Wanted.', columns }), {
    kind: 'set-comments',
    table: 't',
    columns: [column('ours', 'Wanted.'), column('none', 'Wanted.')],
  })
})

test('a table that no load created is left alone', async () => {
  const { plan } = planner(found({ a: undefined }), '{"other":{}}')
  assert.equal(
    await plan({ table: 't', isNew: false, comment: 'T.', columns: [column('a', 'A.')] }),
    undefined,
  )
})

test('a table whose comments the role may not change is left alone', async () => {
  const { plan, reads } = planner(
    { ...found({ a: 'A.' }), isCommentFixed: true },
    '{"t":{"a":"A."}}',
  )
  const columns = [column('a', 'B.')]
  assert.equal(await plan({ table: 't', isNew: false, comment: 'T.', columns }), undefined)
  assert.equal(reads(), 0)
})

test('the ledger remembers the tables that a commit creates, and the comments that it sets', () => {
  const changes: Change[] = [
    { kind: 'create-table', table: '_sdc_loads', columns: [] },
    { kind: 'create-table', table: 't', columns: [] },
    { kind: 'set-comments', table: 't', columns: [column('a', 'A.')] },
    { kind: 'set-comments', table: 't', comment: 'T.', columns: [column('__proto__', 'B.')] },
    { kind: 'create-table', table: 'plain', columns: [] },
  ]
  assert.equal(
    JSON.stringify(setByChanges(changes, ['_sdc_loads'])),
    '{"t":{"a":"A.","__proto__":"B.","":"T."},"plain":{}}',
  )
  assert.equal(setByChanges(changes.slice(0, 1), ['_sdc_loads']), undefined)
})
