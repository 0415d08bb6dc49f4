/** Checks that the console makes while a person types. The newest request counts. */

import { useEffect, useState } from 'preact/hooks'
import { isAborted, toFailure, type ApiFailure } from '../api/client.ts'
import { client } from './console.ts'

export interface Check<T> {
  /** Of the newest request that ended. */
  result: T | undefined
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

/**
 * @param body of the request; undefined checks nothing
 * @param waitMs how long a person must stop to type
 */
export function useCheck<T>(path: string, body: object | undefined, waitMs: number): Check<T> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const [round, setRound] = useState(0)
  const [state, setState] = useState<State<T>>({ isRunning: false })
  useEffect(() => {
    if (text === undefined) {
      setState({ isRunning: false })
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
        setState({ result: response.body, isRunning: false })
      } catch (error) {
        if (!isAborted(error)) setState({ failure: toFailure(error), isRunning: false })
      }
    }
    const timer = setTimeout(() => void ask(), waitMs)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [path, text, round])
  const { result, failure, isRunning } = state
  return { result, failure, isRunning, again: () => setRound(round + 1) }
}
