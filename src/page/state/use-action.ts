/** Requests that a person starts: one at a time, with their error. */

import { useState } from 'preact/hooks'
import { toFailure, type ApiFailure } from '../api/client.ts'

export interface Action<Input> {
  /** Resolves with true when it succeeded. Does nothing while it is running. */
  run: (input: Input) => Promise<boolean>
  isRunning: boolean
  failure: ApiFailure | undefined
  /** Forgets the error. */
  clear: () => void
}

export function useAction<Input = void>(act: (input: Input) => Promise<void>): Action<Input> {
  const [isRunning, setRunning] = useState(false)
  const [failure, setFailure] = useState<ApiFailure>()
  const run = async (input: Input) => {
    if (isRunning) return false
    setRunning(true)
    setFailure(undefined)
    try {
      await act(input)
      return true
    } catch (error) {
      setFailure(toFailure(error))
      return false
    } finally {
      setRunning(false)
    }
  }
  return { run, isRunning, failure, clear: () => setFailure(undefined) }
}
