/** Reads server-sent events as a browser does. */

import { request } from 'undici'
import type { ConsoleEvent } from '../../../src/console/events/event-log.ts'
import { bounded } from '../../support/wait.ts'
import { assertMatchesApi } from './contract.ts'

interface ReadEvent {
  id: string
  event: ConsoleEvent
}

function parseBlock(block: string): ReadEvent | undefined {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const at = line.indexOf(': ')
      return [line.slice(0, at), line.slice(at + 2)]
    }),
  )
  const data = fields.get('data')
  if (data === undefined) return undefined
  const event = JSON.parse(data) as ConsoleEvent
  assertMatchesApi('Event', event)
  return { id: fields.get('id') ?? '', event }
}

export interface EventStreamReader {
  status: number
  /** Everything that arrived. */
  events: ReadEvent[]
  /** The first event that arrived or arrives with this property. */
  waitFor: (isWanted: (event: ConsoleEvent) => boolean) => Promise<ReadEvent>
  /** Resolves when the server has ended the stream. */
  ended: Promise<void>
  close: () => void
}

/** Opens a stream. Close it before the test ends. */
export async function readEvents(
  url: string,
  headers: Record<string, string>,
): Promise<EventStreamReader> {
  const controller = new AbortController()
  const response = await request(url, { headers, signal: controller.signal })
  const events: ReadEvent[] = []
  const waiting = new Set<() => void>()
  const read = async () => {
    let rest = ''
    for await (const chunk of response.body) {
      rest += String(chunk)
      const blocks = rest.split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = parseBlock(block)
        if (event) events.push(event)
      }
      for (const look of waiting) look()
    }
  }
  const ended = read().catch((error: unknown) => {
    if (!controller.signal.aborted) throw error
  })
  const waitFor: EventStreamReader['waitFor'] = async (isWanted) =>
    new Promise((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`no such event: ${JSON.stringify(events)}`)),
        bounded(5000),
      )
      const look = () => {
        const found = events.find(({ event }) => isWanted(event))
        if (!found) return
        clearTimeout(limit)
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  return { status: response.statusCode, events, waitFor, ended, close: () => controller.abort() }
}
