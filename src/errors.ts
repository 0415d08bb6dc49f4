/** What may go wrong in a way that the operator can act on, with the exit status that says so. */
const CODES = {
  USAGE: { exit: 2, retryable: false },
  CONFIG_INVALID: { exit: 2, retryable: false },
  CATALOG_INVALID: { exit: 2, retryable: false },
  STATE_INVALID: { exit: 2, retryable: false },
  DRIVER_MISSING: { exit: 2, retryable: false },
  INPUT_INVALID: { exit: 2, retryable: false },
  UNAUTHORIZED: { exit: 3, retryable: false },
  FORBIDDEN: { exit: 4, retryable: false },
  NOT_FOUND: { exit: 5, retryable: false },
  REQUEST_REFUSED: { exit: 5, retryable: false },
  REDIRECT_REFUSED: { exit: 5, retryable: false },
  RATE_LIMITED: { exit: 5, retryable: true },
  API_UNAVAILABLE: { exit: 5, retryable: true },
  CONNECTION_FAILED: { exit: 5, retryable: true },
  PROXY_REFUSED: { exit: 5, retryable: false },
  TLS_FAILED: { exit: 5, retryable: false },
  BAD_RESPONSE: { exit: 5, retryable: true },
  RESPONSE_TOO_LARGE: { exit: 5, retryable: false },
  CURSOR_LOOP: { exit: 5, retryable: false },
  DELETIONS_REFUSED: { exit: 5, retryable: false },
  INPUT_TRUNCATED: { exit: 5, retryable: false },
  RECORD_INVALID: { exit: 5, retryable: false },
  WAREHOUSE_FAILED: { exit: 5, retryable: false },
  RUN_UNDER_WAY: { exit: 5, retryable: true },
  TABLES_TAKEN: { exit: 2, retryable: false },
  TABLES_CHANGED: { exit: 5, retryable: true },
  WAREHOUSE_BUSY: { exit: 5, retryable: true },
  PROGRAM_NOT_STARTED: { exit: 1, retryable: true },
  PROGRAM_ENDED: { exit: 1, retryable: true },
  OUTPUT_CLOSED: { exit: 1, retryable: false },
  OUTPUT_FAILED: { exit: 1, retryable: false },
} as const satisfies Record<string, { exit: number; retryable: boolean }>

export type ErrorCode = keyof typeof CODES

/** True for the code of an AppError, as another process told it. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(CODES, text)
}

export interface AppErrorOptions {
  /** The next step, as a sentence: what to change, run or ask for. */
  hint?: string
  cause?: unknown
  /** Facts for the log, never a secret and never a record's value. */
  facts?: Readonly<Record<string, string | number | boolean | null>>
}

/** A failure that the operator can act on. Anything else that is thrown is a bug and keeps its stack. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly facts: NonNullable<AppErrorOptions['facts']>

  /** @param sentence what failed, on what, with which value, and what was expected. */
  constructor(code: ErrorCode, sentence: string, options: AppErrorOptions = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.hint = options.hint
    this.facts = options.facts ?? {}
  }

  /** Exit status of the contract: 0 is never among them. */
  get exitStatus(): number {
    return CODES[this.code].exit
  }

  /** True where the same call may succeed later without a change by anybody. */
  get isRetryable(): boolean {
    return CODES[this.code].retryable
  }

  /** The sentence with its hint, as a person reads it. */
  get fullText(): string {
    return this.hint === undefined ? this.message : `${this.message} ${this.hint}`
  }
}

/** Exit status for anything thrown: the table's for an AppError, 1 for a bug. */
export function exitStatusOf(error: unknown): number {
  return error instanceof AppError ? error.exitStatus : 1
}
