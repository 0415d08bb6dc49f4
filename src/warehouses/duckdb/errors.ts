/** What DuckDB's errors mean. DuckDB gives no error codes, so its messages are matched. */

import { AppError } from '../../errors.ts'
import type { Failure } from '../../loader/warehouse.ts'
import type { DuckdbFailure } from './engine.ts'

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** True when another process has the file open. */
export function isLocked(error: unknown): boolean {
  return messageOf(error).includes('Could not set lock on file')
}

/** The first line of the message, without anything that could be a value of a record. */
export function reasonOf(error: unknown): string {
  const [line = ''] = messageOf(error).split('\n')
  const mayQuoteValues =
    /^(?:Constraint|Conversion|Invalid Input|Out of Range|TransactionContext) Error/.test(line)
  return (mayQuoteValues ? line.split(/["']/)[0]?.trim() : line) ?? ''
}

function hintOf(message: string): string | undefined {
  if (/No space left|Could not write/.test(message))
    return 'Free some space on the disk and run again.'
  if (/not a valid DuckDB database file|Serialization|corrupt/i.test(message)) {
    return 'The file was left as it is: restore it from a backup, or load into another one.'
  }
  if (message.includes('NOT NULL constraint failed')) {
    return 'That column refuses null: the stream brings no value for it, or one that is null or does not fit. Let the column take null, or correct the tap.'
  }
  if (/Permission denied|read-only/i.test(message))
    return 'Check the permissions of the file and its folder.'
  return undefined
}

/** Names the process that holds the file. */
export function lockedError(cause: unknown, path: string): AppError {
  const holder = /\(PID (\d+)\)/.exec(messageOf(cause))?.[1]
  const owner = holder === undefined ? 'another process' : `the process with PID ${holder}`
  return new AppError('WAREHOUSE_BUSY', `The DuckDB file ${path} is held by ${owner}.`, {
    hint: 'End that process, or close its connection, and run again.',
    cause,
    facts: { ...(holder !== undefined && { pid: Number(holder) }) },
  })
}

/** Turns an error of DuckDB into WAREHOUSE_FAILED. Our own errors and bugs stay as they are. */
export function wrapError(cause: unknown, { what, broken, ...own }: DuckdbFailure): unknown {
  const isOurs =
    cause instanceof AppError || cause instanceof TypeError || cause instanceof RangeError
  if (isOurs || !(cause instanceof Error)) return cause
  const hint = broken?.hint ?? own.hint ?? hintOf(cause.message)
  const reason = broken?.reason ?? own.reason ?? reasonOf(cause)
  return new AppError('WAREHOUSE_FAILED', `${what} (${reason}).`, {
    ...(hint && { hint }),
    cause,
  })
}

/** Two transactions in one process can conflict, which passes. A retry helps with nothing else. */
export function classifyError(error: unknown): Failure {
  const cause = error instanceof AppError ? error.cause : error
  const message = messageOf(cause)
  const isFull = /No space left|Could not write/.test(message)
  return message.startsWith('TransactionContext Error') && !isFull ? 'transient' : 'final'
}
