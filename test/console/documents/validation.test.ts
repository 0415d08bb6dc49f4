import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  sharedProblems,
  stepProblems,
  STEPS,
  type Step,
} from '../../../src/console/documents/validation.ts'
import type { JsonObject } from '../../../src/singer/json.ts'

const surroundings = { env: { SET: 'value' }, otherNames: ['eu'], destinations: ['shared'] }

function problemsOf(document: JsonObject, steps: readonly Step[] = STEPS, name = 'us') {
  return stepProblems({ name, document }, steps, surroundings).map(
    ({ field, message }) => `${field}: ${message}`,
  )
}

const VALID: JsonObject = { source: { app_api_key: '${SET}' }, destination: { use: 'shared' } }

test('a valid document has no problems', () => {
  assert.deepEqual(problemsOf(VALID), [])
})

test('each setting has its own problem', () => {
  const document = {
    source: { region: 'mars', cutoff_days: -1, regin: 'us', api_url: 'http://example.com' },
    destination: { use: 'nope', load_method: 'merge', warehouse_url: 'oracle://x' },
    resources: { campaigns: 'sometimes' },
    schedule: { type: 'basic' },
    notify: { secret: 'short' },
  }
  assert.deepEqual(
    problemsOf(document).map((problem) => problem.split(':')[0]),
    [
      'source.region',
      'source.cutoff_days',
      'source.regin',
      'source.app_api_key',
      'source.api_url',
      'destination.use',
      'destination.load_method',
      'destination.warehouse_url',
      'resources.campaigns',
      'schedule.every',
      'notify.secret',
      'notify.url',
    ],
  )
})

test('the URL of the API must not contain a user or a password', () => {
  for (const user of ['user', 'user:pass-word', ':pass-word']) {
    const source = { app_api_key: '${SET}', api_url: `https://${user}@api.example.com/v1` }
    assert.deepEqual(problemsOf({ source }, ['source']), [
      'source.api_url: must not contain a user or a password',
    ])
  }
})

test('only the steps that are asked for are validated', () => {
  assert.deepEqual(problemsOf({}, ['source']), ['source.app_api_key: is missing'])
  assert.deepEqual(problemsOf({}, ['resources', 'schedule', 'notify']), [])
})

test('a name must be free, and a name of a file', () => {
  assert.deepEqual(problemsOf({}, ['name'], 'eu'), ['name: is taken'])
  for (const name of ['', '../x', 'a/b', 'x.json', '.hidden'])
    assert.match(problemsOf({}, ['name'], name).join(), /^name: must be 1 to 100 letters/, name)
})

test('a variable that is not set is named, and never its value', () => {
  assert.deepEqual(problemsOf({ source: { app_api_key: '${UNSET}' } }, ['source']), [
    'source.app_api_key: uses the environment variable UNSET, which is not set for the console',
  ])
})

test('the schedule is checked as a whole', () => {
  const cron = { schedule: { type: 'cron', expression: '*/5 * * * *' } }
  assert.match(
    problemsOf(cron, ['schedule']).join(),
    /^schedule\.expression: .*only 5 minutes apart/,
  )
})

test('an overwritten table needs complete reads', () => {
  const document = {
    destination: { load_method: 'overwrite' },
    resources: { campaigns: 'incremental', newsletters: 'full_refresh' },
  }
  assert.match(
    problemsOf(document, ['resources']).join(),
    /^resources\.campaigns: must be full_refresh/,
  )
  assert.match(problemsOf({ resources: {} }, ['resources']).join(), /^resources: must name/)
})

test('a shared destination has the problems of its settings', () => {
  const fields = sharedProblems({ warehouse_url: 'x:y', hard_delete: 'perhaps' }, {}).map(
    ({ field }) => field,
  )
  assert.deepEqual(fields, ['hard_delete', 'warehouse_url'])
})
