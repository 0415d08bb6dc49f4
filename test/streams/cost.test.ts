import assert from 'node:assert/strict'
import { test } from 'node:test'
import { costText, requestsOf } from '../../src/streams/cost.ts'
import { definitionOf, STREAMS } from '../../src/streams/index.ts'

/** A workspace of middle size. */
const SIZES = new Map([
  ['newsletters', 300],
  ['newsletter_contents', 390],
  ['campaigns', 200],
  ['campaign_actions', 1600],
  ['broadcasts', 12],
  ['broadcast_actions', 36],
  ['broadcast_triggers', 240],
  ['transactional_messages', 20],
  ['transactional_contents', 26],
  ['segments', 150],
  ['segment_usage', 150],
  ['segment_counts', 150],
  ['sender_identities', 15],
])

function requests(name: string, sizes: ReadonlyMap<string, number> = SIZES): number {
  return requestsOf(definitionOf(name), sizes)
}

test('a complete read of a middle workspace takes these requests', () => {
  const counts = STREAMS.map((stream) => [stream.id, requestsOf(stream, SIZES)])
  assert.deepEqual(Object.fromEntries(counts), {
    newsletters: 4,
    campaigns: 1,
    campaign_actions: 200,
    broadcasts: 1,
    transactional_messages: 1,
    segments: 1,
    sender_identities: 2,
    subscription_topics: 1,
    subscription_channels: 1,
    object_types: 1,
    collections: 1,
    snippets: 1,
    workspaces: 1,
    newsletter_contents: 300,
    broadcast_actions: 12,
    broadcast_triggers: 12,
    transactional_contents: 20,
    segment_usage: 150,
    segment_counts: 150,
    messages: 21,
  })
})

test('the streams that are selected by default take 205 requests', () => {
  const core = STREAMS.filter(({ tier }) => tier === 'core')
  const sum = core.reduce((total, stream) => total + requestsOf(stream, SIZES), 0)
  assert.equal(sum, 205)
})

test('an empty workspace still takes a request for each list', () => {
  const none = new Map<string, number>()
  assert.equal(requests('newsletters', none), 1)
  assert.equal(requests('sender_identities', none), 2)
  assert.equal(requests('campaigns', none), 1)
  assert.equal(requests('campaign_actions', none), 0)
})

test('more rows than a page holds take more requests', () => {
  const sizes = new Map([
    ['newsletters', 301],
    ['campaigns', 10],
    ['campaign_actions', 101],
  ])
  assert.equal(requests('newsletters', sizes), 4)
  assert.equal(requests('newsletters', new Map([['newsletters', 400]])), 5)
  assert.equal(requests('campaign_actions', sizes), 20)
  assert.equal(requests('campaign_actions', new Map([...sizes, ['campaign_actions', 0]])), 10)
})

test('a child stream that is read alone also takes the list of its parent', () => {
  const contents = definitionOf('newsletter_contents')
  assert.equal(requestsOf(contents, SIZES, { withParent: true }), 308)
  const newsletters = definitionOf('newsletters')
  assert.equal(requestsOf(newsletters, SIZES, { withParent: true }), 4)
})

test('a first read of a million deliveries takes two requests for each thousand', () => {
  assert.equal(requests('messages', new Map([['messages', 1_000_000]])), 2021)
})

test('the cost of a stream is a short text', () => {
  const texts = ['campaigns', 'newsletters', 'sender_identities', 'campaign_actions'].map((name) =>
    costText(definitionOf(name)),
  )
  assert.deepEqual(texts, [
    '1 request',
    '1 request for each page of 100 rows',
    '1 request for each page of 100 rows; 2 lists',
    '1 request for each campaign, and for each 10 rows beyond 10',
  ])
  assert.equal(
    costText(definitionOf('transactional_contents')),
    '1 request for each transactional message',
  )
  assert.equal(
    costText(definitionOf('messages')),
    '1 request for each 1000 rows and for each 30 days; each row is read at up to 12 ages',
  )
})
