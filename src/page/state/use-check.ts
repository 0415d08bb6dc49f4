/** Checks that the console makes while a person types. The newest request counts. */

import { useEffect, useState } from 'preact/hooks'
import { isAborted, toFailure, type ApiFailure } from '../api/client.ts'
import { client, isLoggedOut } from './console.ts'
import { isConnected } from './live.ts'
import { useStore } from './store.ts'

export interface Check<T> {
  /** Of the newest request that succeeded. */
  result: T | undefined
  /** Of the newest request. */
  failure: ApiFailure | undefined
  isRunning: boolean
  /** Checks the same again. */
  again: () => void
}

interface State<T> {
  result?: T
  failure?: ApiFailure
  isRunning: boolean
}

export interface CheckOptions {
  /** How long a person must stop to type. */
  waitMs: number
  /** Whether the last result is used again when the same is to be checked later. */
  isKept?: boolean
}

interface Kept {
  text: string
  result: unknown
}

/** The last result of each path. */
const KEPT = new Map<string, Kept>()

/** Repeats a check that failed when the console is there again, and after a login. */
function useRepeat(hasFailed: boolean, again: () => void): void {
  const isUp = useStore(isConnected)
  const mustLogIn = useStore(isLoggedOut)
  useEffect(() => {
    if (hasFailed && isUp && !mustLogIn) again()
  }, [isUp, mustLogIn])
}

/** @param body of the request; undefined checks nothing */
export function useCheck<T>(
  path: string,
  body: object | undefined,
  { waitMs, isKept = false }: CheckOptions,
): Check<T> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const [round, setRound] = useState(0)
  const [state, setState] = useState<State<T>>({ isRunning: false })
  useEffect(() => {
    if (text === undefined) {
      setState({ isRunning: false })
      return
    }
    const kept = KEPT.get(path)
    if (isKept && round === 0 && kept?.text === text) {
      // The same path and body have the same type of result.
      setState({ result: kept.result as T, isRunning: false })
      return
    }
    const controller = new AbortController()
    setState(({ result }) => ({ isRunning: true, ...(result !== undefined && { result }) }))
    const ask = async () => {
      try {
        const { signal } = controller
        const response = await client.request<T>(path, {
          method: 'POST',
          body: JSON.parse(text),
          signal,
        })
        if (isKept) KEPT.set(path, { text, result: response.body })
        setState({ result: response.body, isRunning: false })
      } catch (error) {
        if (isAborted(error)) return
        setState((before) => ({ ...before, failure: toFailure(error), isRunning: false }))
      }
    }
    const timer = setTimeout(() => void ask(), waitMs)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [path, text, round])
  const again = () => setRound((before) => before + 1)
  useRepeat(state.failure !== undefined, again)
  return { ...state, result: state.result, failure: state.failure, again }
}
