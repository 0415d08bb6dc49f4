/** Pure: the body of a webhook request, in the format that the receiver shows. */

import type { WebhookEvent } from '../../schemas.generated.ts'
import type { NotifySettings } from '../connection/connection.ts'
import type { NotifyEvent } from './event.ts'
import { webhookText, ZERO_WIDTH_SPACE } from './webhook-text.ts'

export type WebhookFormat = NonNullable<NotifySettings['format']>

/** Hosts of Power Automate, which runs the workflows of Microsoft Teams. */
const TEAMS_HOST = /\.(logic\.azure\.com|api\.powerplatform\.com)$/

/** The format of the settings, otherwise the one that the host of the URL needs. */
export function formatOf({ format, url }: NotifySettings): WebhookFormat {
  return format ?? (TEAMS_HOST.test(new URL(url).hostname) ? 'teams' : 'json')
}

/**
 * What the template "Post to a channel when a webhook request is received" needs: it goes through
 * `attachments` and ignores `text`. Slack and Mattermost give `attachments` another meaning.
 */
function teamsCard(line: string): Pick<WebhookEvent, 'type' | 'attachments'> {
  // A card shows Markdown: an error must not become a link.
  const text = line.replaceAll('](', `]${ZERO_WIDTH_SPACE}(`)
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.2',
          body: [{ type: 'TextBlock', text, wrap: true }],
        },
      },
    ],
  }
}

export function webhookBody(event: NotifyEvent, format: WebhookFormat): WebhookEvent {
  const text = webhookText(event)
  return { text, ...event, ...(format === 'teams' && teamsCard(text)) }
}
