/**
 * One HTTP response: its body, decoded and parsed under a size cap, or the error that its status
 * means.
 */

import { promisify } from 'node:util'
import { brotliDecompress, constants, gunzip, inflate } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { AppError, type ErrorCode } from '../../errors.ts'
import { escapeControls } from '../../logger.ts'
import { parseJson, type JsonValue } from '../../singer/json.ts'
import { errorDetail, isRetryableStatus } from './retry.ts'

/** Applies on the wire and decoded: far above any real page, far below what a process can hold. */
const MAX_BODY_BYTES = 256 * 1024 * 1024
const MAX_ERROR_BYTES = 64 * 1024
/** A decompressed error body is larger than this only if it is malicious. */
const MAX_ERROR_TEXT_BYTES = 4 * 1024 * 1024
/** Deeper than any real record, and shallow enough to print without exhausting the stack. */
const MAX_DEPTH = 256

const DECODERS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const

type Body = Dispatcher.ResponseData['body']

function tooLarge(path: string): AppError {
  return new AppError(
    'RESPONSE_TOO_LARGE',
    `The response to GET ${path} is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB.`,
  )
}

function invalidResponse(path: string, what: string, cause?: unknown): AppError {
  return new AppError('BAD_RESPONSE', `The response to GET ${path} ${what}.`, {
    hint: 'A proxy or a maintenance page may have responded instead of the API; check `region` and `api_url`.',
    cause,
  })
}

async function readUpTo(
  body: Body,
  maxBytes: number,
): Promise<{ bytes: Buffer; isWhole: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) {
      body.destroy()
      return { bytes: Buffer.concat(chunks), isWhole: false }
    }
    chunks.push(chunk)
  }
  return { bytes: Buffer.concat(chunks), isWhole: true }
}

function isDecoder(encoding: string): encoding is keyof typeof DECODERS {
  return Object.hasOwn(DECODERS, encoding)
}

async function decode(bytes: Buffer, encoding: string, path: string): Promise<Buffer> {
  if (encoding === '' || encoding === 'identity') return bytes
  if (!isDecoder(encoding))
    throw invalidResponse(path, `has the unknown content encoding ${encoding}`)
  try {
    return await DECODERS[encoding](bytes, { maxOutputLength: MAX_BODY_BYTES })
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(path)
    throw invalidResponse(path, `is not valid ${encoding}`, cause)
  }
}

/** Throws BAD_RESPONSE for brackets that nest deeper than in any record. Skips strings. */
function assertDepth(text: string, path: string): void {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) inString = !inString
    else if (inString && code === 92) at++
    else if (!inString && (code === 91 || code === 123) && ++depth > MAX_DEPTH) {
      throw invalidResponse(path, `is nested deeper than ${MAX_DEPTH} levels`)
    } else if (!inString && (code === 93 || code === 125)) depth--
  }
}

/**
 * The body of a 200. Throws BAD_RESPONSE unless it is JSON in UTF-8, and RESPONSE_TOO_LARGE beyond
 * the size cap.
 */
export async function readJsonBody(
  response: Dispatcher.ResponseData,
  path: string,
): Promise<JsonValue> {
  const { bytes, isWhole } = await readUpTo(response.body, MAX_BODY_BYTES)
  if (!isWhole) throw tooLarge(path)
  const encoding = String(response.headers['content-encoding'] ?? '').toLowerCase()
  const decoded = await decode(bytes, encoding, path)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(decoded)
  } catch (cause) {
    throw invalidResponse(path, 'is not in UTF-8', cause)
  }
  if (text.trim() === '') throw invalidResponse(path, 'is empty')
  assertDepth(text, path)
  try {
    return parseJson(text)
  } catch {
    throw invalidResponse(path, 'is not JSON')
  }
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'UNAUTHORIZED'
  if (status === 403) return 'FORBIDDEN'
  if (status === 404) return 'NOT_FOUND'
  if (status === 429) return 'RATE_LIMITED'
  if (status >= 300 && status < 400) return 'REDIRECT_REFUSED'
  if (status >= 200 && status < 300) return 'BAD_RESPONSE'
  return isRetryableStatus(status) ? 'API_UNAVAILABLE' : 'REQUEST_REFUSED'
}

/** The next step, by error code. */
const HINTS: Partial<Record<ErrorCode, (region: string) => string>> = {
  UNAUTHORIZED: (region) =>
    `Check that \`app_api_key\` is an App API key (not a Track API key), that \`region\` (${region}) is the account's region, and that the key's IP allowlist includes this machine.`,
  FORBIDDEN: () =>
    'Give the App API key the scope that reads this, or deselect the stream. An IP allowlist may also exclude this machine.',
  NOT_FOUND: () => 'Check `region` and `api_url`.',
  RATE_LIMITED: () =>
    "Another client uses the workspace's rate limit, or a daily quota is exhausted: lower `requests_per_second`, or retry later.",
  REDIRECT_REFUSED: () =>
    'The API never redirects, so the key was not forwarded; check `api_url` and any proxy.',
}

/**
 * At most 64 KiB of an error body, decompressed, even if the body is cut off. An empty string if it
 * is not text or cannot be read.
 */
async function errorText(response: Dispatcher.ResponseData): Promise<string> {
  const encoding = String(response.headers['content-encoding'] ?? '').toLowerCase()
  try {
    const { bytes } = await readUpTo(response.body, MAX_ERROR_BYTES)
    const decoded = isDecoder(encoding)
      ? await DECODERS[encoding](bytes, {
          finishFlush:
            encoding === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH,
          maxOutputLength: MAX_ERROR_TEXT_BYTES,
        })
      : bytes
    return new TextDecoder('utf-8', { fatal: true }).decode(decoded.subarray(0, MAX_ERROR_BYTES), {
      stream: true,
    })
  } catch {
    return ''
  }
}

/** The error for any status other than 200, with the reason from its body. */
export async function responseError(
  response: Dispatcher.ResponseData,
  at: { path: string; region: string; masked: (text: string) => string },
): Promise<AppError> {
  const detail = escapeControls(errorDetail(await errorText(response), at.masked))
  const status = response.statusCode
  const code = codeOf(status)
  const reason = detail === '' ? '' : `: ${detail}`
  const hint = HINTS[code]?.(at.region)
  return new AppError(code, `Customer.io returned ${status} for GET ${at.path}${reason}.`, {
    ...(hint !== undefined && { hint }),
    facts: { status },
  })
}
