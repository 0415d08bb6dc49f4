/** Responses of the API that the page shows, by their path, and who shows them. */

import type { ApiFailure, Client, Response } from '../api/client.ts'
import { toFailure } from '../api/client.ts'
import { isOutdated } from '../view/live.ts'

export interface Entry<T> {
  /** Undefined before the first response. Stays while it is read again. */
  response?: Response<T>
  /** Of the last request. */
  failure?: ApiFailure
}

interface Slot {
  entry: Entry<unknown>
  listeners: Set<() => void>
  isLoading: boolean
  /** Something changed while it was loading. */
  isOutdated: boolean
}

/** Reads each path once for all components that show it. */
export class Cache {
  readonly #client: Client
  readonly #slots = new Map<string, Slot>()

  constructor(client: Client) {
    this.#client = client
  }

  get<T>(path: string): Entry<T> {
    // The path decides the type of the response.
    return (this.#slots.get(path)?.entry ?? {}) as Entry<T>
  }

  /** Follows a path, and reads it. Returns how to end it. */
  follow(path: string, listener: () => void): () => void {
    const slot = this.#slot(path)
    slot.listeners.add(listener)
    this.#load(path, slot)
    return () => slot.listeners.delete(listener)
  }

  /** Reads again what is shown. What is not shown is forgotten. */
  refresh(outdated: readonly string[]): void {
    for (const [path, slot] of this.#slots) {
      if (!isOutdated(path, outdated)) continue
      if (slot.listeners.size === 0) this.#slots.delete(path)
      else this.#load(path, slot)
    }
  }

  /** Changes what is known of a path. Does nothing when nothing is. */
  update<T>(path: string, change: (body: T) => T): void {
    const slot = this.#slots.get(path)
    const response = (slot?.entry as Entry<T> | undefined)?.response
    if (slot && response) show(slot, { response: { ...response, body: change(response.body) } })
  }

  /** Changes what is known of each path that matches. */
  updateAll<T>(matches: RegExp, change: (body: T) => T): void {
    for (const path of this.#slots.keys()) if (matches.test(path)) this.update(path, change)
  }

  /** Puts in the response of a request that changed the document. */
  put<T>(path: string, response: Response<T>): void {
    show(this.#slot(path), { response })
  }

  #slot(path: string): Slot {
    const known = this.#slots.get(path)
    if (known) return known
    const slot: Slot = { entry: {}, listeners: new Set(), isLoading: false, isOutdated: false }
    this.#slots.set(path, slot)
    return slot
  }

  #load(path: string, slot: Slot): void {
    if (slot.isLoading) {
      slot.isOutdated = true
      return
    }
    slot.isLoading = true
    void this.#read(path, slot)
  }

  async #read(path: string, slot: Slot): Promise<void> {
    do {
      slot.isOutdated = false
      try {
        show(slot, { response: await this.#client.request(path) })
      } catch (error) {
        show(slot, { ...slot.entry, failure: toFailure(error) })
      }
    } while (slot.isOutdated)
    slot.isLoading = false
  }
}

function show(slot: Slot, entry: Entry<unknown>): void {
  slot.entry = entry
  for (const listener of slot.listeners) listener()
}
