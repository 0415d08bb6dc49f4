/** Reads several lists at the same time, hands them out one after the other, and holds only so much of what nobody took yet. */

/** Characters of text that lists may hold in all before they wait; the list at the head goes on whatever the others hold. */
const MAX_HELD = 16 * 1024 * 1024

interface Shared {
  held: number
  /** The list that is being handed out. */
  head: unknown
  wake: Set<() => void>
}

export interface ReadAheadOptions<T> {
  /** How many lists are read at the same time. */
  lists: number
  /** Size of a page in characters, about. */
  weightOf: (page: T) => number
}

function wakeAll(shared: Shared): void {
  for (const wake of shared.wake) wake()
}

/** One list that is read in the background. It never rejects by itself: a failure waits for whoever takes the pages. */
class BackgroundList<T> {
  readonly #shared: Shared
  readonly #weightOf: (page: T) => number
  readonly #pages: T[] = []
  #failure: { error: unknown } | undefined
  #isRead = false
  #isStopped = false

  constructor(source: AsyncIterable<T>, shared: Shared, weightOf: (page: T) => number) {
    this.#shared = shared
    this.#weightOf = weightOf
    void this.#fill(source)
  }

  /** The pages in order; throws what reading them threw. */
  async *take(): AsyncGenerator<T> {
    this.#shared.head = this
    wakeAll(this.#shared)
    for (;;) {
      const page = this.#pages.shift()
      if (page !== undefined) {
        this.#shared.held -= this.#weightOf(page)
        wakeAll(this.#shared)
        yield page
      } else if (this.#isRead) {
        if (this.#failure) throw this.#failure.error
        return
      } else await this.#change()
    }
  }

  stop(): void {
    this.#isStopped = true
  }

  async #fill(source: AsyncIterable<T>): Promise<void> {
    try {
      while (!this.#hasRoom()) await this.#change()
      if (this.#isStopped) return
      for await (const page of source) {
        this.#pages.push(page)
        this.#shared.held += this.#weightOf(page)
        wakeAll(this.#shared)
        while (!this.#hasRoom()) await this.#change()
        if (this.#isStopped) return
      }
    } catch (error) {
      this.#failure = { error }
    } finally {
      this.#isRead = true
      wakeAll(this.#shared)
    }
  }

  #hasRoom(): boolean {
    if (this.#isStopped || this.#shared.held < MAX_HELD) return true
    return this.#shared.head === this && this.#pages.length === 0
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#shared.wake.delete(wake)
        resolve()
      }
      this.#shared.wake.add(wake)
    })
  }
}

/**
 * Calls `open` for the items in order, some ahead of the one being taken, and yields each item with its pages, to be taken before the
 * next item. Leaving the loop early stops the reading.
 */
export async function* readAhead<Item, T>(
  items: readonly Item[],
  open: (item: Item) => AsyncIterable<T>,
  options: ReadAheadOptions<T>,
): AsyncGenerator<{ item: Item; pages: AsyncGenerator<T> }> {
  const shared: Shared = { held: 0, head: undefined, wake: new Set() }
  const started: { item: Item; list: BackgroundList<T> }[] = []
  let next = 0
  const startSome = () => {
    for (; next < items.length && started.length < options.lists; next++) {
      const item = items[next] as Item
      started.push({ item, list: new BackgroundList(open(item), shared, options.weightOf) })
    }
  }
  try {
    startSome()
    for (let first = started[0]; first !== undefined; first = started[0]) {
      yield { item: first.item, pages: first.list.take() }
      started.shift()
      startSome()
    }
  } finally {
    for (const { list } of started) list.stop()
    wakeAll(shared)
  }
}

/** Starts a generator before anybody asks for its first item; a failure waits until somebody does. */
export function eager<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  const first = source.next()
  first.catch(() => undefined)
  return (async function* () {
    try {
      for (let item = await first; !item.done; item = await source.next()) yield item.value
    } finally {
      await source.return(undefined)
    }
  })()
}
