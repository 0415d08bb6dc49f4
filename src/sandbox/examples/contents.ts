import type { JsonObject } from '../../singer/json.ts'
import { exampleActions } from './actions.ts'
import { exampleCampaigns } from './campaigns.ts'
import { exampleNewsletters } from './newsletters.ts'
import type { Contents } from '../world.ts'
import { idText } from '../world.ts'

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

/** The curated objects, in new lists. */
export function exampleContents(): Contents {
  const actions = new Map<string, JsonObject[]>()
  for (const campaign of exampleCampaigns) actions.set(idText(campaign['id']), [])
  for (const action of exampleActions) actions.get(idText(action['campaign_id']))?.push(action)
  const campaigns = exampleCampaigns.map((campaign) => {
    const listed = (actions.get(idText(campaign['id'])) ?? []).filter((one) => !isTranslation(one))
    const isUnlisted = Array.isArray(campaign['actions']) && campaign['actions'].length === 0
    return isUnlisted ? { ...campaign, actions: listed.map(actionEntry) } : campaign
  })
  return { newsletters: [...exampleNewsletters], campaigns, actions }
}
