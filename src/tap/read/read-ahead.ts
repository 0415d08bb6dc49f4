/**
 * Prefetches several lists at the same time, yields them in order, and limits the memory of
 * prefetched pages.
 */

/**
 * Characters that all lists may hold before they wait. The list at the head never waits for the
 * others.
 */
const MAX_HELD_CHARS = 16 * 1024 * 1024

interface Shared {
  heldChars: number
  /** The list whose pages are being taken. */
  head: unknown
  wake: Set<() => void>
}

export interface ReadAheadOptions<T> {
  /** Lists that are read at the same time. */
  lists: number
  /** Approximate size of a page in characters. */
  sizeOf: (page: T) => number
}

function wakeAll(shared: Shared): void {
  for (const wake of shared.wake) wake()
}

/** One list that is read in the background. A failure is thrown when the pages are taken. */
class BackgroundList<T> {
  readonly #shared: Shared
  readonly #sizeOf: (page: T) => number
  readonly #pages: T[] = []
  #failure: { error: unknown } | undefined
  #isRead = false
  #isStopped = false

  constructor(source: AsyncIterable<T>, shared: Shared, sizeOf: (page: T) => number) {
    this.#shared = shared
    this.#sizeOf = sizeOf
    void this.#fill(source)
  }

  /** The pages in order. Throws the error of reading them. */
  async *take(): AsyncGenerator<T> {
    this.#shared.head = this
    wakeAll(this.#shared)
    for (;;) {
      const page = this.#pages.shift()
      if (page !== undefined) {
        this.#shared.heldChars -= this.#sizeOf(page)
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
        this.#shared.heldChars += this.#sizeOf(page)
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
    if (this.#isStopped || this.#shared.heldChars < MAX_HELD_CHARS) return true
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
 * Opens the items in order, some of them ahead, and yields each item with its pages. Take the pages
 * before the next item. Leaving the loop early stops the reading.
 */
export async function* readAhead<Item, T>(
  items: readonly Item[],
  open: (item: Item) => AsyncIterable<T>,
  options: ReadAheadOptions<T>,
): AsyncGenerator<{ item: Item; pages: AsyncGenerator<T> }> {
  const shared: Shared = { heldChars: 0, head: undefined, wake: new Set() }
  const started: { item: Item; list: BackgroundList<T> }[] = []
  let next = 0
  const startSome = () => {
    for (; next < items.length && started.length < options.lists; next++) {
      const item = items[next] as Item
      started.push({ item, list: new BackgroundList(open(item), shared, options.sizeOf) })
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

/** Starts a generator before its first item is requested. A failure is thrown when it is. */
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
