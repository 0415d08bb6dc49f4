/** Which streams a connection reads, and how the form groups them. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'
import { sectionAt, valueAt, type Document, type Value } from '../view/documents.ts'

type StreamForm = Api<'StreamForm'>
type Tier = StreamForm['tier']

interface TierText {
  title: string
  help: string
}

const TIERS: Readonly<Record<Tier, TierText>> = {
  core: { title: 'Core', help: '' },
  workspace: {
    title: 'Workspace',
    help: 'Definitions and totals of the workspace. Each costs requests of its own.',
  },
  personal: { title: 'Personal', help: 'Rows about single people.' },
}

/** Streams of one tier. */
export interface StreamGroup extends TierText {
  tier: Tier
  streams: readonly StreamForm[]
  /** Names of those that are read. */
  chosen: readonly string[]
}

function isTier(text: string): text is Tier {
  return Object.hasOwn(TIERS, text)
}

/**
 * The tiers that are read with a word of the setting `source.streams`. Streams with personal data
 * must be named.
 */
function tiersOf(word: string): Tier[] {
  return word === 'core' ? ['core'] : ['core', 'workspace']
}

const WORDS = ['core', 'workspace', 'all']

/** The streams that a connection without `resources` reads, according to `source.streams`. */
function readByDefault(forms: Api<'Forms'>, setting: Value | undefined): StreamForm[] {
  const words = typeof setting === 'string' ? setting.split(/[\s",[\]]+/) : setting
  const names = (Array.isArray(words) ? words : []).filter((name) => name !== '')
  const [word = 'core'] = names
  const isWord = names.length <= 1 && typeof word === 'string' && WORDS.includes(word)
  return forms.resources.filter(({ stream, tier }) =>
    isWord ? tiersOf(word).includes(tier) : names.includes(stream),
  )
}

/** Streams, each in its default mode. */
function inDefaultModes(streams: readonly StreamForm[]): Document {
  return Object.fromEntries(streams.map(({ stream, modes }) => [stream, modes[0] ?? null]))
}

/** The streams of a document with their modes. */
export function chosenResources(forms: Api<'Forms'>, document: Document): Document {
  if (valueAt(document, 'resources') !== undefined) return sectionAt(document, 'resources')
  return inDefaultModes(readByDefault(forms, valueAt(document, 'source.streams')))
}

/** The same streams in their default modes, because a count does not depend on modes. */
export function countedResources(forms: Api<'Forms'>, resources: Document): Document {
  return inDefaultModes(forms.resources.filter(({ stream }) => Object.hasOwn(resources, stream)))
}

/** The streams by tier, the core first. Tiers without a stream are left out. */
export function streamGroups(forms: Api<'Forms'>, resources: Document): StreamGroup[] {
  return Object.keys(TIERS)
    .filter(isTier)
    .map((tier) => {
      const streams = forms.resources.filter((form) => form.tier === tier)
      const chosen = streams.map(({ stream }) => stream)
      return {
        ...TIERS[tier],
        tier,
        streams,
        chosen: chosen.filter((name) => Object.hasOwn(resources, name)),
      }
    })
    .filter(({ streams }) => streams.length > 0)
}
