import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cellsOf } from '../../../src/loader/columns/cells.ts'
import type { Step, WriteStep } from '../../../src/loader/commit-unit.ts'
import { earlierOf } from '../../../src/loader/commit/staged-steps.ts'

const STEP: WriteStep = {
  kind: 'write',
  table: 's',
  columns: [{ name: 'id', type: { kind: 'integer' }, cells: cellsOf({ kind: 'integer' }, [1]) }],
  rowCount: 1,
  keys: [{ column: 'id', isNullable: false }],
  deleteWhereSet: undefined,
}
const STAGED: WriteStep = { ...STEP, stage: 'a' }
const TEXT: WriteStep['columns'] = [
  { name: 'id', type: { kind: 'text' }, cells: cellsOf({ kind: 'text' }, ['1']) },
]
const RETIRE: Step = {
  kind: 'retire',
  table: 's',
  version: 1,
  versionColumn: '_sdc_table_version',
  markColumn: undefined,
  atMicros: 0,
}

const CASES: { title: string; before: Step[]; step: WriteStep; joins: boolean }[] = [
  { title: 'nothing before', before: [], step: STEP, joins: false },
  { title: 'the same table and columns', before: [STAGED], step: STEP, joins: true },
  { title: 'rows that are still in memory', before: [STEP], step: STEP, joins: false },
  { title: 'a step between', before: [STAGED, RETIRE], step: STEP, joins: false },
  { title: 'another table', before: [STAGED], step: { ...STEP, table: 't' }, joins: false },
  { title: 'another type', before: [STAGED], step: { ...STEP, columns: TEXT }, joins: false },
  {
    title: 'one more column',
    before: [STAGED],
    step: { ...STEP, columns: [...STEP.columns, ...TEXT] },
    joins: false,
  },
  { title: 'other keys', before: [STAGED], step: { ...STEP, keys: [] }, joins: false },
  {
    title: 'rows that delete',
    before: [STAGED],
    step: { ...STEP, deleteWhereSet: '_sdc_deleted_at' },
    joins: false,
  },
]

for (const { title, before, step, joins } of CASES) {
  test(`rows ${joins ? 'go' : 'do not go'} with staged ones: ${title}`, () => {
    assert.equal(earlierOf(before, step), joins ? STAGED : undefined)
  })
}
