/** What the browser says about its window and its system. */

import { useEffect, useState } from 'preact/hooks'

/** Whether a media query matches. The component is drawn again when that changes. */
export function useMedia(query: string): boolean {
  const [isMatching, setMatching] = useState(() => globalThis.matchMedia(query).matches)
  useEffect(() => {
    const list = globalThis.matchMedia(query)
    const read = () => setMatching(list.matches)
    read()
    list.addEventListener('change', read)
    return () => list.removeEventListener('change', read)
  }, [query])
  return isMatching
}
