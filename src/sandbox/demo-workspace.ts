/** The workspace of the demo, and the edits that each further demo makes in it. */

import { editAction, insertAction } from './action-edits.ts'
import { editCampaign, editNewsletter, insertCampaign } from './edits.ts'
import { createWorld } from './generate.ts'
import { actionsOf, idText, type World } from './world.ts'

const CONTENTS = {
  examples: false,
  seed: 7,
  newsletters: 180,
  campaigns: 36,
  actionsPerCampaign: [1, 12] as const,
}

export interface DemoWorkspace {
  world: World
  /** What the last round of edits did, one clause each. Empty without edits. */
  edits: string[]
}

function applyEdits(world: World, round: number): string[] {
  const newsletterId = idText(world.newsletters[round % world.newsletters.length]?.['id'])
  const campaignId = idText(world.campaigns[round % world.campaigns.length]?.['id'])
  editNewsletter(world, newsletterId, { name: `Renamed in round ${round}` })
  editCampaign(world, campaignId, { state: 'stopped', active: false })
  const actionId = idText(actionsOf(world, campaignId)[0]?.['id'])
  const hasAction = actionId !== ''
  if (hasAction)
    editAction(world, { campaignId, actionId }, { subject: `Edited in round ${round}` })
  const addedId = idText(insertCampaign(world, { name: `Added in round ${round}` })['id'])
  for (const subject of ['Welcome', 'Reminder']) insertAction(world, addedId, { subject })
  return [
    `newsletter ${newsletterId} was renamed`,
    `campaign ${campaignId} was stopped${hasAction ? ' and its first action edited' : ''}`,
    `campaign ${addedId} was added, with two actions`,
  ]
}

/**
 * The workspace after one round of edits per time. The same times always give the same workspace.
 * @param editTimesMs epoch milliseconds of each round, oldest first.
 */
export function createDemoWorkspace(editTimesMs: readonly number[]): DemoWorkspace {
  const world = createWorld(CONTENTS)
  let edits: string[] = []
  for (const [at, timeMs] of editTimesMs.entries()) {
    world.now = () => timeMs
    edits = applyEdits(world, at + 1)
  }
  world.now = Date.now
  return { world, edits }
}
