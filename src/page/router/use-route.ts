/** The screen of the address, and how to change it. */

import { useEffect, useState } from 'preact/hooks'
import { hrefTo, parseRoute, type Route } from './route.ts'

/** Opens a screen. @param options.replace leaves the one before out of the history of the browser */
export function openScreen(route: Route, { replace = false } = {}): void {
  const href = hrefTo(route)
  if (replace) globalThis.location.replace(href)
  else globalThis.location.hash = href
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
