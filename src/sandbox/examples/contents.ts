import type { JsonObject } from '../../singer/json.ts'
import { exampleActions } from './actions.ts'
import {
  exampleBroadcastActions,
  exampleBroadcasts,
  exampleBroadcastTriggers,
} from './broadcasts.ts'
import { exampleCampaigns } from './campaigns.ts'
import { exampleDeliveries } from './deliveries.ts'
import { exampleNewsletters } from './newsletters.ts'
import { exampleSegmentCounts, exampleSegments } from './segments.ts'
import { exampleSettings } from './settings.ts'
import {
  exampleNewsletterContents,
  exampleTransactional,
  exampleTransactionalContents,
} from './templates.ts'
import type { Deliveries } from '../deliveries/store.ts'
import type { Children, Collections, Contents } from '../world.ts'
import { emptyWorld, idText } from '../world.ts'

/**
 * How a campaign lists an action. Its ID is a number here and a string in the action itself.
 */
export function actionEntry(action: JsonObject): JsonObject {
  return { id: Number(idText(action['id'])), type: action['type'] ?? null }
}

/** Translations are separate actions, but a campaign lists their message once. */
function isTranslation(action: JsonObject): boolean {
  return 'multi_language_branch_action_id' in action && action['language'] !== ''
}

/** What the workspace has, for code that adds to it. */
export interface AllContents extends Contents {
  collections: Omit<Collections, 'newsletters' | 'campaigns'>
  children: Omit<Children, 'campaign_actions'>
  deliveries: Deliveries
}

/** Empty lists. */
export function noContents(): AllContents {
  const { newsletters, campaigns, actions, collections, children, deliveries } = emptyWorld()
  return { newsletters, campaigns, actions, collections, children, deliveries }
}

function byParent(
  lists: Readonly<Record<string, readonly JsonObject[]>>,
): Map<string, JsonObject[]> {
  return new Map(Object.entries(lists).map(([parentId, rows]) => [parentId, [...rows]]))
}

/** Each broadcast lists its actions, unless it has none and says so with null. */
function broadcasts(): JsonObject[] {
  return exampleBroadcasts.map((broadcast) => {
    const actions = exampleBroadcastActions[idText(broadcast['id'])] ?? []
    return broadcast['actions'] === null
      ? broadcast
      : { ...broadcast, actions: actions.map(actionEntry) }
  })
}

function exampleCollections(): AllContents['collections'] {
  const settings = exampleSettings
  return {
    broadcasts: broadcasts(),
    transactional_messages: [...exampleTransactional],
    segments: [...exampleSegments],
    sender_identities: [...settings.sender_identities],
    subscription_topics: [...settings.subscription_topics],
    subscription_channels: [...settings.subscription_channels],
    object_types: [...settings.object_types],
    collections: [...settings.collections],
    snippets: [...settings.snippets],
    workspaces: [...settings.workspaces],
  }
}

function exampleChildren(): AllContents['children'] {
  return {
    newsletter_contents: byParent(exampleNewsletterContents),
    broadcast_actions: byParent(exampleBroadcastActions),
    broadcast_triggers: byParent(exampleBroadcastTriggers),
    transactional_contents: byParent(exampleTransactionalContents),
    segment_usage: new Map(),
    segment_counts: byParent(exampleSegmentCounts),
  }
}

/** The curated objects, in new lists. */
export function exampleContents(): AllContents {
  const actions = new Map<string, JsonObject[]>()
  for (const campaign of exampleCampaigns) actions.set(idText(campaign['id']), [])
  for (const action of exampleActions) actions.get(idText(action['campaign_id']))?.push(action)
  const campaigns = exampleCampaigns.map((campaign) => {
    const listed = (actions.get(idText(campaign['id'])) ?? []).filter((one) => !isTranslation(one))
    const isUnlisted = Array.isArray(campaign['actions']) && campaign['actions'].length === 0
    return isUnlisted ? { ...campaign, actions: listed.map(actionEntry) } : campaign
  })
  return {
    newsletters: [...exampleNewsletters],
    campaigns,
    actions,
    collections: exampleCollections(),
    children: exampleChildren(),
    deliveries: exampleDeliveries(),
  }
}
