/** What the whole page shares: the client, what it has read, the session, the messages. */

import { createClient, type ApiFailure } from '../api/client.ts'
import { Cache } from './cache.ts'
import { createStore } from './store.ts'

/** Whether a login is needed before anything else. */
export const isLoggedOut = createStore(false)

export const client = createClient({
  fetch: async (path, init) => globalThis.fetch(path, init),
  onSessionMissing: () => isLoggedOut.set(true),
})

export const cache = new Cache(client)

export interface Message {
  id: number
  text: string
  isError: boolean
}

export const messages = createStore<readonly Message[]>([])

/** An error stays until it is closed. */
const SHOWN_MS = 8000
let lastId = 0

export function closeMessage(id: number): void {
  messages.set(messages.get().filter((message) => message.id !== id))
}

/** Says what was done, in a corner of the page. */
export function say(text: string): void {
  const id = ++lastId
  messages.set([...messages.get(), { id, text, isError: false }])
  setTimeout(() => closeMessage(id), SHOWN_MS)
}

/** Says what failed, and the next step. */
export function sayFailure({ message, hint }: Pick<ApiFailure, 'message' | 'hint'>): void {
  const text = hint === null ? message : `${message} ${hint}`
  messages.set([...messages.get(), { id: ++lastId, text, isError: true }])
}
