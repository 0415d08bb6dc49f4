/** The generated parts of streams.md: the list of all streams, and a section for each. */

import { code, table, typeName } from './tables.js'

const TIERS = [
  { tier: 'core', title: 'Core streams' },
  { tier: 'workspace', title: 'Workspace streams' },
  { tier: 'personal', title: 'Personal streams' },
]

const REQUESTS_PER_SECOND = 10

/** Rows of the example workspace, by stream. */
const EXAMPLE = new Map([
  ['newsletters', 300],
  ['campaigns', 200],
  ['campaign_actions', 1600],
  ['broadcasts', 12],
  ['broadcast_actions', 36],
  ['transactional_messages', 20],
  ['segments', 150],
  ['sender_identities', 15],
  ['messages', 100000],
])

function personalData({ isPersonal }) {
  return isPersonal ? 'yes' : 'no'
}

function methodsText({ methods: [first, ...others] }) {
  const rest = others.map((method) => `, ${code(method)}`).join('')
  return others.length === 0 ? `${code(first)} only` : `${code(first)} (default)${rest}`
}

function endpointText({ path, query, parts = [{ query: {} }] }) {
  const endpoints = parts.map((part) => {
    const parameters = new URLSearchParams({ ...query, ...part.query }).toString()
    return code(`GET /v1${path}${parameters && `?${parameters}`}`)
  })
  return endpoints.join(' and ')
}

function facts(stream, { costText }) {
  const { tier, keyProperties, replicationKey, parent } = stream
  const rows = [
    ['tier', code(tier)],
    ['personal data', personalData(stream)],
    ['key', keyProperties.map(code).join(', ')],
    ['replication key', replicationKey === undefined ? 'none' : code(replicationKey)],
    ['methods', methodsText(stream)],
    ['endpoint', endpointText(stream)],
    ['requests of a complete read', costText(stream)],
  ]
  if (parent !== undefined) rows.push(['read for each row of', code(parent.stream)])
  return table(['property', 'value'], rows)
}

function columnRows({ properties }) {
  return Object.entries(properties).map(([name, schema]) => [
    code(name),
    typeName(schema),
    schema.description ?? '',
  ])
}

function section({ stream, schema }, cost) {
  return [
    `### ${stream.id}`,
    schema.description,
    facts(stream, cost),
    table(['column', 'type', 'meaning'], columnRows(schema)),
  ].join('\n\n')
}

/**
 * One section a stream, by tier: what it is, how it is read, its columns.
 * @param cost the module src/streams/cost.ts
 */
export function streamSections(streams, cost) {
  return TIERS.flatMap(({ tier, title }) => {
    const described = streams.filter(({ stream }) => stream.tier === tier)
    return described.length === 0
      ? []
      : [`## ${title}`, ...described.map((one) => section(one, cost))]
  }).join('\n\n')
}

function exampleSizes() {
  const sizes = [...EXAMPLE].map(([stream, rows]) => `${rows} ${stream.replaceAll('_', ' ')}`)
  return `The example has ${sizes.slice(0, -1).join(', ')} and ${sizes.at(-1)}.`
}

function tierCost(streams, { requestsOf }, { tier, title }) {
  const counts = streams
    .filter(({ stream }) => stream.tier === tier)
    .map(({ stream }) => requestsOf(stream, EXAMPLE))
  const requests = counts.reduce((sum, count) => sum + count, 0)
  const seconds = Math.ceil(requests / REQUESTS_PER_SECOND)
  return counts.length === 0 ? [] : [`${title} take ${requests} requests, or ${seconds} seconds.`]
}

/**
 * One row a stream: tier, default method and cost, with the requests of an example workspace.
 * @param cost the module src/streams/cost.ts
 */
export function streamList(streams, cost) {
  const rows = streams.map(({ stream }) => [
    `[${code(stream.id)}](#${stream.id})`,
    code(stream.tier),
    personalData(stream),
    code(stream.methods[0]),
    cost.costText(stream),
    cost.requestsOf(stream, EXAMPLE),
  ])
  const head = ['stream', 'tier', 'personal data', 'default method', 'requests', 'example']
  const sums = TIERS.flatMap((tier) => tierCost(streams, cost, tier))
  return `${table(head, rows)}\n\n${[exampleSizes(), ...sums].join(' ')}`
}
