/** Paths of the API. Pure. */

/** `?a=1&b=2` of the parameters that have a value; empty without any. */
export function queryText(
  parameters: Readonly<Record<string, string | number | undefined>>,
): string {
  const entries = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)] as [string, string]],
  )
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries).toString()}`
}

/** A path of a connection, such as `/connections/production/tables`. */
export function connectionPath(name: string, ...rest: readonly string[]): string {
  return ['/connections', name, ...rest]
    .map((part, at) => (at === 0 ? part : encodeURIComponent(part)))
    .join('/')
}

export function destinationPath(name: string): string {
  return `/destinations/${encodeURIComponent(name)}`
}

export function draftPath(name: string): string {
  return `/drafts/${encodeURIComponent(name)}`
}
