/** A value that components follow. */

import { useEffect, useState } from 'preact/hooks'

export interface Store<T> {
  get: () => T
  set: (value: T) => void
  /** Calls the listener after each change, until the returned function is called. */
  follow: (listener: () => void) => () => void
}

export function createStore<T>(first: T): Store<T> {
  let current = first
  const listeners = new Set<() => void>()
  return {
    get: () => current,
    set: (value) => {
      if (Object.is(value, current)) return
      current = value
      for (const listener of listeners) listener()
    },
    follow: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The current value. The component is drawn again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.get)
  useEffect(() => {
    const read = () => setValue(() => store.get())
    read()
    return store.follow(read)
  }, [store])
  return value
}
