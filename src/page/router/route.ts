/**
 * Screens and their addresses. They are fragments, such as #/connections/production: the console
 * then serves one file, an unknown path of it stays an error, and no name of a connection gets into
 * a log of a proxy. Pure.
 */

import { isStepId, type StepId } from '../form/steps.ts'

export interface RunFilters {
  connection?: string
  outcome?: string
  trigger?: string
}

export type Route =
  | { screen: 'connections' }
  | { screen: 'connection'; name: string }
  | { screen: 'edit'; name: string; step: StepId }
  | { screen: 'data'; name: string; stream: string | undefined }
  | { screen: 'run'; name: string; runId: string }
  | { screen: 'runs'; filters: RunFilters }
  | { screen: 'new'; step: StepId }
  | { screen: 'destinations' }
  | { screen: 'destination'; name: string | undefined }
  | { screen: 'unknown' }

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function stepOf(text: string | undefined): StepId {
  return text !== undefined && isStepId(text) ? text : 'name'
}

function connectionRoute([name = '', place, id]: readonly string[]): Route {
  if (name === '') return { screen: 'connections' }
  if (place === undefined) return { screen: 'connection', name }
  if (place === 'edit') return { screen: 'edit', name, step: stepOf(id ?? 'source') }
  if (place === 'data') return { screen: 'data', name, stream: id }
  return place === 'runs' && id !== undefined
    ? { screen: 'run', name, runId: id }
    : { screen: 'unknown' }
}

function filtersOf(query: string): RunFilters {
  const parameters = new URLSearchParams(query)
  const names = ['connection', 'outcome', 'trigger'] as const
  const set = names.flatMap((name) => {
    const value = parameters.get(name)
    return value === null || value === '' ? [] : [[name, value]]
  })
  return Object.fromEntries(set) as RunFilters
}

/** @param hash with its # */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2)
  const [place = '', ...rest] = path
    .split('/')
    .filter((part) => part !== '')
    .map(decode)
  if (place === '' || place === 'connections') return connectionRoute(rest)
  if (place === 'runs') return { screen: 'runs', filters: filtersOf(query) }
  if (place === 'new') return { screen: 'new', step: stepOf(rest[0]) }
  if (place !== 'destinations') return { screen: 'unknown' }
  const [name, last] = rest
  if (name === undefined) return { screen: 'destinations' }
  return { screen: 'destination', name: last === 'edit' ? name : undefined }
}

function joined(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`
}

function runsHref(filters: RunFilters): string {
  const query = new URLSearchParams({ ...filters }).toString()
  return query === '' ? '#/runs' : `#/runs?${query}`
}

/** The address of a screen. `parseRoute` reads it. */
export function hrefTo(route: Route): string {
  switch (route.screen) {
    case 'connections':
    case 'unknown':
      return '#/'
    case 'connection':
      return joined('connections', route.name)
    case 'edit':
      return joined('connections', route.name, 'edit', route.step)
    case 'data':
      return joined(
        'connections',
        route.name,
        'data',
        ...(route.stream === undefined ? [] : [route.stream]),
      )
    case 'run':
      return joined('connections', route.name, 'runs', route.runId)
    case 'runs':
      return runsHref(route.filters)
    case 'new':
      return joined('new', route.step)
    case 'destinations':
      return joined('destinations')
    case 'destination':
      return route.name === undefined
        ? joined('destinations', 'new')
        : joined('destinations', route.name, 'edit')
  }
}
