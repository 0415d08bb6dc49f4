/** What to do about the error of a run, by its code. */

import type { ErrorCode } from '../../errors.ts'
import type { Api } from '../api/schemas.generated.ts'

type Action = Api<'RunFailure'>['action']

export interface Remedy {
  text: string
  action: Action
}

const RETRY = 'run_again' as const

/** Codes that a run can end with. */
const REMEDIES: Partial<Record<ErrorCode, Remedy>> = {
  UNAUTHORIZED: { text: 'Enter an App API key that works.', action: 'edit_source' },
  FORBIDDEN: {
    text: 'Give the key the permission in Customer.io, or leave the stream out.',
    action: 'edit_resources',
  },
  NOT_FOUND: { text: 'Check the region and the API URL.', action: 'edit_source' },
  REQUEST_REFUSED: { text: 'Check the region and the API URL.', action: 'edit_source' },
  REDIRECT_REFUSED: { text: 'Check the API URL.', action: 'edit_source' },
  RATE_LIMITED: {
    text: 'Run again later. If it happens often, lower the requests per second.',
    action: 'edit_source',
  },
  API_UNAVAILABLE: { text: 'Run again later.', action: RETRY },
  CONNECTION_FAILED: {
    text: 'Check that this machine reaches the server that the message names, then run again.',
    action: RETRY,
  },
  PROXY_REFUSED: { text: 'Check the proxy of this machine.', action: 'none' },
  TLS_FAILED: { text: 'Check the certificates of this machine, or its proxy.', action: 'none' },
  BAD_RESPONSE: { text: 'Run again later.', action: RETRY },
  DELETIONS_REFUSED: {
    text: 'Check whether the rows were really deleted. Then resync the stream with all deletes allowed.',
    action: 'none',
  },
  RECORD_INVALID: {
    text: 'Set invalid records to reject, to load the others.',
    action: 'edit_destination',
  },
  WAREHOUSE_FAILED: { text: 'Test the destination.', action: 'edit_destination' },
  WAREHOUSE_BUSY: { text: 'Close the other program, then run again.', action: RETRY },
  DRIVER_MISSING: { text: 'Install the package that the message names.', action: 'none' },
  TABLES_TAKEN: { text: 'Choose another table prefix.', action: 'edit_destination' },
  TABLES_CHANGED: { text: 'Run again.', action: RETRY },
  CONFIG_INVALID: { text: 'Correct the settings that the message names.', action: 'edit_source' },
  STATE_INVALID: { text: 'Reset the state on the command line.', action: 'none' },
  RUN_IN_PROGRESS: { text: 'Wait until the other run ends.', action: 'none' },
  PROGRAM_ENDED: { text: 'Run again. If it happens again, read the log.', action: RETRY },
  PROGRAM_NOT_STARTED: { text: 'Free some memory or processes, then run again.', action: RETRY },
  OUTPUT_FAILED: { text: 'Check that the disk has free space.', action: RETRY },
}

const OTHER: Remedy = { text: 'Read the log of the run, then run again.', action: RETRY }

/** @param code of the error, if it has one */
export function remedyFor(code: string | null): Remedy {
  return (code === null ? undefined : REMEDIES[code as ErrorCode]) ?? OTHER
}
