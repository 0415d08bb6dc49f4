/** Errors that an operator can act on. Programs match on the code, never on the message. */

/** What a code stands for. */
interface ErrorCodeEntry {
  /** Exit status of a program that ends with this error. */
  exit: number
  /** True when the same call may succeed later without any change. */
  retryable: boolean
  /** What it means and when it is raised. Written into the documentation. */
  meaning: string
}

/**
 * Every error code. Codes and exit statuses are public.
 *
 * @public
 */
export const ERROR_CODES = {
  USAGE: {
    exit: 2,
    retryable: false,
    meaning: 'The command line is wrong: an unknown option, a bad value or an unknown stream.',
  },
  CONFIG_INVALID: {
    exit: 2,
    retryable: false,
    meaning:
      'A setting, a connection file or a folder cannot be used. The message lists every invalid setting.',
  },
  CATALOG_INVALID: {
    exit: 2,
    retryable: false,
    meaning: 'The catalog given to the tap is not a valid Singer catalog.',
  },
  STATE_INVALID: {
    exit: 2,
    retryable: false,
    meaning: 'A state is not a valid Singer state, or holds a bookmark that the tap cannot read.',
  },
  DRIVER_MISSING: {
    exit: 2,
    retryable: false,
    meaning: 'The package with the driver of the warehouse is not installed.',
  },
  INPUT_INVALID: {
    exit: 2,
    retryable: false,
    meaning:
      'The input of the target is not valid Singer: an invalid line, or a RECORD before its SCHEMA.',
  },
  UNAUTHORIZED: {
    exit: 3,
    retryable: false,
    meaning: 'The API rejected the key (401).',
  },
  FORBIDDEN: {
    exit: 4,
    retryable: false,
    meaning: 'The key has no permission to read the stream (403).',
  },
  NOT_FOUND: {
    exit: 5,
    retryable: false,
    meaning: 'The API has no such path or object (404).',
  },
  REQUEST_REFUSED: {
    exit: 5,
    retryable: false,
    meaning: 'The API rejected a request with another 4xx status.',
  },
  REDIRECT_REFUSED: {
    exit: 5,
    retryable: false,
    meaning: 'The API redirected. Redirects are not followed, because they could leak the key.',
  },
  RATE_LIMITED: {
    exit: 5,
    retryable: true,
    meaning: 'The API kept answering 429 until the retry budget was used up.',
  },
  API_UNAVAILABLE: {
    exit: 5,
    retryable: true,
    meaning: 'The API kept failing (5xx, 408) until the retry budget was used up.',
  },
  CONNECTION_FAILED: {
    exit: 5,
    retryable: true,
    meaning: 'No complete response arrived: DNS, connection or timeout, after all retries.',
  },
  PROXY_REFUSED: {
    exit: 5,
    retryable: false,
    meaning: 'The proxy rejected the connection or its credentials.',
  },
  TLS_FAILED: {
    exit: 5,
    retryable: false,
    meaning: 'The certificate of the server is not trusted, or no secure connection was possible.',
  },
  BAD_RESPONSE: {
    exit: 5,
    retryable: true,
    meaning: 'The API answered 200 with something other than the documented JSON, several times.',
  },
  RESPONSE_TOO_LARGE: {
    exit: 5,
    retryable: false,
    meaning: 'A response exceeds the size limit.',
  },
  CURSOR_LOOP: {
    exit: 5,
    retryable: false,
    meaning: 'The pages of a list never end: a cursor or its rows repeat.',
  },
  DELETIONS_REFUSED: {
    exit: 5,
    retryable: false,
    meaning: 'A FULL_TABLE read would mark more rows as deleted than `max_deleted_percent` allows.',
  },
  INPUT_TRUNCATED: {
    exit: 5,
    retryable: false,
    meaning: 'The input of the target ended in the middle of a line. The tap probably failed.',
  },
  RECORD_INVALID: {
    exit: 5,
    retryable: false,
    meaning: 'A record does not match its SCHEMA, and `on_invalid_record` is fail.',
  },
  WAREHOUSE_FAILED: {
    exit: 5,
    retryable: false,
    meaning: 'The warehouse failed, after retries if the failure was transient.',
  },
  RUN_IN_PROGRESS: {
    exit: 5,
    retryable: true,
    meaning: 'Another run of the same connection holds the lock.',
  },
  TABLES_TAKEN: {
    exit: 2,
    retryable: false,
    meaning: 'The tables belong to another connection.',
  },
  TABLES_CHANGED: {
    exit: 5,
    retryable: true,
    meaning: 'Another load committed to the tables after the run had started.',
  },
  FILE_CHANGED: {
    exit: 5,
    retryable: true,
    meaning: 'A file of the workspace was changed, created or deleted after it had been read.',
  },
  WEBHOOK_FAILED: {
    exit: 5,
    retryable: true,
    meaning: 'The webhook did not respond to a test event, or did not accept it.',
  },
  WAREHOUSE_BUSY: {
    exit: 5,
    retryable: true,
    meaning: 'Another process kept the DuckDB file or the tables locked.',
  },
  PROGRAM_NOT_STARTED: {
    exit: 1,
    retryable: true,
    meaning: 'The operating system could not start the tap or the target.',
  },
  PROGRAM_ENDED: {
    exit: 1,
    retryable: true,
    meaning: 'The tap or the target ended without naming an error, for example by a signal.',
  },
  OUTPUT_CLOSED: {
    exit: 1,
    retryable: false,
    meaning: 'The reader of stdout closed the pipe.',
  },
  OUTPUT_FAILED: {
    exit: 1,
    retryable: false,
    meaning: 'Output could not be written, for example because the disk is full.',
  },
} as const satisfies Record<string, ErrorCodeEntry>

export type ErrorCode = keyof typeof ERROR_CODES

/** True for an error code, for example one that another process logged. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERROR_CODES, text)
}

export interface AppErrorOptions {
  /** The next step as a sentence: what to change, run or ask for. */
  hint?: string
  cause?: unknown
  /** Fields for the log. Never a secret and never a value of a record. */
  facts?: Readonly<Record<string, string | number | boolean | null>>
}

/**
 * A failure that an operator can act on. Anything else that is thrown is a bug and keeps its stack.
 */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly facts: NonNullable<AppErrorOptions['facts']>

  /** @param sentence what failed, on what, with which value, and what was expected */
  constructor(code: ErrorCode, sentence: string, options: AppErrorOptions = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.hint = options.hint
    this.facts = options.facts ?? {}
  }

  /** Exit status of the program, never 0. */
  get exitStatus(): number {
    return ERROR_CODES[this.code].exit
  }

  /** True when the same call may succeed later without any change. */
  get isRetryable(): boolean {
    return ERROR_CODES[this.code].retryable
  }

  /** The message followed by its hint. */
  get fullText(): string {
    return this.hint === undefined ? this.message : `${this.message} ${this.hint}`
  }
}

/** Exit status for anything thrown: that of its code for an AppError, 1 for a bug. */
export function exitStatusOf(error: unknown): number {
  return error instanceof AppError ? error.exitStatus : 1
}
