/** Pure: writes `--list-streams`, what every stream contains and what it costs to read. */

import { costText } from '../streams/cost.ts'
import type { StreamDefinition, Tier } from '../streams/definition.ts'
import { STREAMS } from '../streams/index.ts'
import { wrapText } from '../terminal/wrapped-text.ts'
import type { AboutFormat } from './about.ts'

const TEXT_WIDTH = 80
const NAME_WIDTH = 22
const METHODS_WIDTH = 'INCREMENTAL, FULL_TABLE'.length

/** What each tier contains, and how a user gets it. */
const TIERS: Readonly<Record<Tier, string>> = {
  core: 'Core streams: selected by default.',
  workspace:
    'Workspace streams: definitions and totals of the workspace. Set `streams` to workspace, or name them.',
  personal: 'Personal streams: rows about single people. Set `streams` to all, or name them.',
}

function isPersonal({ tier, isPersonal: isMarked }: StreamDefinition): boolean {
  return tier === 'personal' || isMarked === true
}

function streamsJson(): string {
  const streams = STREAMS.map((stream) => ({
    stream: stream.id,
    tier: stream.tier,
    key_properties: stream.keyProperties,
    replication_key: stream.replicationKey ?? null,
    methods: stream.methods,
    personal_data: isPersonal(stream),
    requests: costText(stream),
  }))
  return JSON.stringify({ streams }, undefined, 2)
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}

function streamsMarkdown(): string {
  const rows = STREAMS.map((stream) => {
    const { id, tier, keyProperties, methods } = stream
    const personal = isPersonal(stream) ? 'yes' : 'no'
    return `| \`${id}\` | ${tier} | ${code(keyProperties)} | ${code(methods)} | ${personal} | ${costText(stream)} |`
  })
  return [
    '| stream | tier | key | methods, default first | personal data | requests of one read |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

function streamText(stream: StreamDefinition): string[] {
  const { id, keyProperties, methods } = stream
  const personal = isPersonal(stream) ? 'Personal data. ' : ''
  const cost = wrapText(`${personal}${costText(stream)}`, TEXT_WIDTH - 4)
  const facts = [
    id.padEnd(NAME_WIDTH),
    methods.join(', ').padEnd(METHODS_WIDTH),
    `key ${keyProperties.join(', ')}`,
  ]
  return [`  ${facts.join('  ')}`, ...cost.map((line) => `    ${line}`)]
}

function tierText(tier: Tier): string[] {
  const streams = STREAMS.filter((stream) => stream.tier === tier)
  if (streams.length === 0) return []
  return [...wrapText(TIERS[tier], TEXT_WIDTH), ...streams.flatMap(streamText), '']
}

function streamsText(): string {
  const tiers: readonly Tier[] = ['core', 'workspace', 'personal']
  return [
    ...tiers.flatMap(tierText),
    ...wrapText(
      'The first method is the default. The requests are those of a complete read. A stream that is read for each row of another one also needs the list of those rows.',
      TEXT_WIDTH,
    ),
  ].join('\n')
}

/** The `--list-streams` text, without a final line end. */
export function printStreams(format: AboutFormat): string {
  switch (format) {
    case 'json':
      return streamsJson()
    case 'markdown':
      return streamsMarkdown()
    case 'text':
      return streamsText()
  }
}
