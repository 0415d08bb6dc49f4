/** What deliveries can be sent of: actions, contents of newsletters, transactional messages. */

import type { JsonObject } from '../../singer/json.ts'
import type { AllContents } from '../examples/contents.ts'
import { idText } from '../world.ts'

const MESSAGE_TYPES: readonly string[] = ['email', 'push', 'twilio', 'in_app', 'whatsapp', 'slack']

function isSent({ first_started }: JsonObject): boolean {
  return typeof first_started === 'number' && first_started > 0
}

/** Fields of a delivery of an action of a campaign or broadcast. */
function actionFields(action: JsonObject): JsonObject {
  return {
    msg_template_id: Number.parseInt(idText(action['deduplicate_id']), 10),
    action_id: Number(idText(action['id'])),
    parent_action_id: action['parent_action_id'] ?? null,
    subject: action['subject'] ?? null,
    type: action['type'] ?? null,
  }
}

/** Those of one campaign or broadcast. */
function actionSources(
  parent: JsonObject,
  field: string,
  actions: readonly JsonObject[] = [],
): JsonObject[] {
  return actions
    .filter(({ type }) => MESSAGE_TYPES.includes(idText(type)))
    .map((action) => ({ ...actionFields(action), [field]: parent['id'] ?? null }))
}

function newsletterSources(newsletter: JsonObject): JsonObject[] {
  const { id = null, type = null, content_ids } = newsletter
  if (!Array.isArray(content_ids)) return []
  return content_ids.map((content_id) => ({
    newsletter_id: id,
    content_id,
    msg_template_id: content_id,
    subject: newsletter['name'] ?? null,
    type,
  }))
}

/** The fields that a delivery takes over from what it was sent of. Never empty. */
export function messageSources(contents: AllContents): JsonObject[] {
  const { campaigns, newsletters, actions, collections, children } = contents
  const sources = [
    ...campaigns
      .filter(isSent)
      .flatMap((one) => actionSources(one, 'campaign_id', actions.get(idText(one['id'])))),
    ...newsletters.filter(({ sent_at }) => Boolean(sent_at)).flatMap(newsletterSources),
    ...collections.broadcasts.filter(isSent).flatMap((one) => {
      const rows = children.broadcast_actions.get(idText(one['id']))
      return actionSources(one, 'broadcast_id', rows)
    }),
    ...collections.transactional_messages.map((one): JsonObject => ({
      transactional_message_id: one['id'] ?? null,
      subject: one['name'] ?? null,
      type: 'email',
    })),
  ]
  return sources.length > 0 ? sources : [{ type: 'email', subject: 'News for you' }]
}
