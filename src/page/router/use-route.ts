/** The screen of the address, and how to change it. */

import { useEffect, useState } from 'preact/hooks'
import { hrefTo, parseRoute, type Route } from './route.ts'

/** Opens a screen, as a link to it does. */
export function openScreen(route: Route): void {
  globalThis.location.hash = hrefTo(route)
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(globalThis.location.hash))
  useEffect(() => {
    const read = () => setRoute(parseRoute(globalThis.location.hash))
    globalThis.addEventListener('hashchange', read)
    return () => globalThis.removeEventListener('hashchange', read)
  }, [])
  return route
}
