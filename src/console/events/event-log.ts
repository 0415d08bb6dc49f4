/**
 * The newest events, numbered, so that a client that reconnects gets those that it missed. Each
 * reader has its own position: a slow one takes no memory, and gets a `reset` when it fell behind.
 */

import { randomUUID } from 'node:crypto'
import type { Api } from '../api/schemas.generated.ts'

export type ConsoleEvent = Api<'Event'>

export interface NumberedEvent {
  /** What Last-Event-ID takes. */
  id: string
  event: ConsoleEvent
}

export interface FollowOptions {
  /** The header Last-Event-ID. */
  lastId: string | undefined
  matches: (event: ConsoleEvent) => boolean
  signal: AbortSignal
}

const MAX_EVENTS = 1000

export class EventLog {
  /** Differs in each process, so that the ids of an earlier one are not taken for ours. */
  readonly #epoch = randomUUID().slice(0, 8)
  #events: ConsoleEvent[] = []
  /** Number of the event before the first one that is kept. */
  #dropped = 0
  /** Called at the next event. No shared promise: each wait would leave a reaction on it. */
  readonly #waiting = new Set<() => void>()

  append(event: ConsoleEvent): void {
    this.#events.push(event)
    if (this.#events.length > MAX_EVENTS) {
      this.#events.shift()
      this.#dropped++
    }
    for (const wake of this.#waiting) wake()
  }

  /** Whether events that `matches` came behind `lastId`. False for an id that is not known. */
  hasMissed(lastId: string | undefined, matches: (event: ConsoleEvent) => boolean): boolean {
    const position = this.#positionOf(lastId)
    return position !== undefined && this.#events.slice(position - this.#dropped).some(matches)
  }

  /**
   * Yields events that `matches` from behind `lastId` on, and ends when the signal is aborted.
   * Begins with `reset` when events were missed. Events from now on count, also before the first
   * call of `next`.
   */
  follow({ lastId, matches, signal }: FollowOptions): AsyncGenerator<NumberedEvent> {
    const position = this.#positionOf(lastId)
    const start = { position: position ?? this.#newest, isReset: position === undefined }
    return this.#follow(start, matches, signal)
  }

  async *#follow(
    start: { position: number; isReset: boolean },
    matches: FollowOptions['matches'],
    signal: AbortSignal,
  ): AsyncGenerator<NumberedEvent> {
    let { position } = start
    if (start.isReset) yield this.#reset(position)
    while (!signal.aborted) {
      if (position < this.#dropped) {
        position = this.#newest
        yield this.#reset(position)
        continue
      }
      const event = this.#events[position - this.#dropped]
      if (event === undefined) {
        await this.#nextEvent(signal)
        continue
      }
      position++
      if (matches(event)) yield { id: this.#idOf(position), event }
    }
  }

  /** Resolves at the next event, or when the signal is aborted. The signal must not be yet. */
  async #nextEvent(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake)
    })
  }

  /** Number of the newest event. */
  get #newest(): number {
    return this.#dropped + this.#events.length
  }

  #idOf(position: number): string {
    return `${this.#epoch}-${position}`
  }

  #reset(position: number): NumberedEvent {
    return { id: this.#idOf(position), event: { type: 'reset', now: new Date().toISOString() } }
  }

  /** Undefined for an id that is not ours, or of an event that was dropped meanwhile. */
  #positionOf(lastId = ''): number | undefined {
    const position = Number(lastId.split('-')[1])
    const isOurs = lastId === this.#idOf(position)
    return isOurs && position >= this.#dropped && position <= this.#newest ? position : undefined
  }
}
