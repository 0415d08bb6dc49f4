/** The screen of the address, and how to change it. */

import { useEffect, useState } from 'preact/hooks'
import { hrefTo, parseRoute, type Route } from './route.ts'

/** Opens a screen, as a link to it does. */
export function openScreen(route: Route): void {
  globalThis.location.hash = hrefTo(route)
}

/** The screen that is open now. A person may have left the one that a request began on. */
export function currentRoute(): Route {
  return parseRoute(globalThis.location.hash)
}

export function useRoute(): Route {
  const [route, setRoute] = useState(currentRoute)
  useEffect(() => {
    const read = () => setRoute(currentRoute())
    globalThis.addEventListener('hashchange', read)
    return () => globalThis.removeEventListener('hashchange', read)
  }, [])
  return route
}
