/** The response of a path, read when the component appears and whenever it is out of date. */

import { useEffect, useState } from 'preact/hooks'
import type { ApiFailure } from '../api/client.ts'
import type { Entry } from './cache.ts'
import { cache } from './console.ts'

export interface Shown<T> {
  body: T | undefined
  etag: string | null
  failure: ApiFailure | undefined
  /** Reads it again. */
  again: () => void
}

/** @param path below `/api/v1`; undefined reads nothing */
export function useResponse<T>(path: string | undefined): Shown<T> {
  const [, draw] = useState({})
  useEffect(() => (path === undefined ? undefined : cache.follow(path, () => draw({}))), [path])
  const entry: Entry<T> = path === undefined ? {} : cache.get<T>(path)
  return {
    body: entry.response?.body,
    etag: entry.response?.etag ?? null,
    failure: entry.failure,
    again: () => cache.refresh(path === undefined ? [] : [path]),
  }
}
