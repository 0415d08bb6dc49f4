import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hrefTo, parseRoute, type Route } from '../../../src/page/router/route.ts'

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/)
const step = fc.constantFrom('name', 'source', 'destination', 'resources', 'schedule', 'review')

const routes: fc.Arbitrary<Route> = fc.oneof(
  fc.record({ screen: fc.constant('connections' as const) }),
  fc.record({ screen: fc.constant('connection' as const), name }),
  fc.record({ screen: fc.constant('edit' as const), name, step }) as fc.Arbitrary<Route>,
  fc.record({
    screen: fc.constant('data' as const),
    name,
    stream: fc.option(name, { nil: undefined }),
  }),
  fc.record({ screen: fc.constant('run' as const), name, runId: fc.string({ minLength: 1 }) }),
  fc.record({
    screen: fc.constant('runs' as const),
    filters: fc.record(
      { connection: name, outcome: name },
      { requiredKeys: [], noNullPrototype: true },
    ),
  }),
  fc.record({ screen: fc.constant('new' as const), step }) as fc.Arbitrary<Route>,
  fc.record({ screen: fc.constant('destinations' as const) }),
  fc.record({
    screen: fc.constant('destination' as const),
    name: fc.option(name, { nil: undefined }),
  }),
)

test('each address leads back to its screen', () => {
  fc.assert(
    fc.property(routes, (route) => assert.deepEqual(parseRoute(hrefTo(route)), { ...route })),
  )
})

test('no address breaks the page', () => {
  assert.deepEqual(parseRoute(''), { screen: 'connections' })
  assert.deepEqual(parseRoute('#/connections/a/other'), { screen: 'unknown' })
  assert.deepEqual(parseRoute('#/%'), { screen: 'unknown' })
  assert.deepEqual(parseRoute('#/new/other'), { screen: 'new', step: 'name' })
  assert.deepEqual(parseRoute('#/connections/a/edit'), {
    screen: 'edit',
    name: 'a',
    step: 'source',
  })
})
