import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STEPS } from '../../../src/console/documents/validation.ts'
import {
  FORM_STEPS,
  neighbourOf,
  problemsOfStep,
  stepAt,
  stepOfField,
} from '../../../src/page/form/steps.ts'

test('the steps before the review check everything that the console checks', () => {
  const checks = FORM_STEPS.slice(0, -1).flatMap((step) => step.checks)
  assert.deepEqual([...new Set(checks)].toSorted(), [...STEPS].toSorted())
  assert.deepEqual(stepAt('review').checks.toSorted(), [...STEPS].toSorted())
})

test('a problem belongs to the step that has its field', () => {
  const fields = [
    'name',
    'source.region',
    'destination.use',
    'destination.table_prefix',
    'notify.url',
    '',
    'history_months',
  ]
  assert.deepEqual(fields.map(stepOfField), [
    'name',
    'source',
    'destination',
    'resources',
    'schedule',
    'review',
    'review',
  ])
})

test('a step shows its own problems, and the review all', () => {
  const problems = [
    { field: 'source.region', message: 'a' },
    { field: 'destination.table_prefix', message: 'b' },
  ]
  assert.deepEqual(problemsOfStep(problems, 'destination'), [])
  assert.deepEqual(
    problemsOfStep(problems, 'resources').map(({ message }) => message),
    ['b'],
  )
  assert.deepEqual(problemsOfStep(problems, 'review'), problems)
})

test('the first step has none before it, the last none after it', () => {
  assert.deepEqual(
    [neighbourOf('name', -1), neighbourOf('name', 1), neighbourOf('review', 1)],
    [undefined, 'source', undefined],
  )
})
