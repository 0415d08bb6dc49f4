/**
 * Kills the process with SIGKILL at one place. Loaded into a program with `--import`.
 *
 * It counts the places where a kill can matter, and dies at number `KILL_AT` (from 1). Places are:
 * before each input line, before and after each DuckDB call, before and after each write to a
 * socket or stdout, and each response from a socket. A warehouse without a socket needs the calls
 * of its driver here. `KILL_LOG` is a file that gets the names of all places.
 */

import { writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { DuckDBAppender, DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

type Method = (this: object, ...args: unknown[]) => unknown

const killAt = Number(process.env['KILL_AT'] ?? 0)
const logPath = process.env['KILL_LOG']
const places: string[] = []

function pass(place: string): void {
  places.push(place)
  if (places.length === killAt) process.kill(process.pid, 'SIGKILL')
}

/** Returns the first words of a statement, or of a PostgreSQL message that contains one. */
function wordsOf(value: unknown): string {
  const text = typeof value === 'string' ? value : ''
  return text.split(/\s+/, 2).join(' ').slice(0, 30)
}

/** Adds a place before the method, and one after its result or its promise. */
function surround(owner: object, name: string, nameOf: (self: object, args: unknown[]) => string) {
  const methods = owner as Record<string, Method>
  const method = methods[name]
  if (!method) throw new Error(`${name} is not a method: find its replacement`)
  methods[name] = function (...args) {
    const place = nameOf(this, args)
    if (place === '') return method.apply(this, args)
    pass(`before ${place}`)
    const result = method.apply(this, args)
    if (!(result instanceof Promise)) {
      pass(`after ${place}`)
      return result
    }
    return result.finally(() => pass(`after ${place}`))
  }
}

surround(DuckDBInstance, 'create', () => 'open')
surround(DuckDBConnection.prototype, 'run', (_self, [statement]) => wordsOf(statement))
surround(DuckDBConnection.prototype, 'createAppender', () => 'create appender')
surround(DuckDBAppender.prototype, 'appendDataChunk', () => 'append')
surround(DuckDBAppender.prototype, 'closeSync', () => 'close appender')
surround(DuckDBConnection.prototype, 'disconnectSync', () => 'disconnect')

/**
 * A frontend message of PostgreSQL starts with a letter and a length of four bytes; a query ends
 * with a zero byte.
 */
function messageName(chunk: unknown): string {
  if (!Buffer.isBuffer(chunk)) return 'send'
  const letter = String.fromCharCode(chunk[0] ?? 0)
  const words = /^[QP]$/.test(letter)
    ? wordsOf(chunk.toString('latin1', 5).replace(/\0/g, ' '))
    : ''
  return `send ${/[A-Za-z]/.test(letter) ? letter : '?'} ${words}`.trimEnd()
}

/**
 * The statement of a request to ClickHouse, in its URL or its body. The one that copies the row of
 * the ledger makes a unit durable. Undefined for anything else.
 */
function requestName(chunks: readonly unknown[]): string | undefined {
  const text = chunks.map((chunk) => String(chunk)).join('')
  const [, url = '', body = ''] = /^POST (\S+) HTTP.*?\r\n\r\n(.*)/s.exec(text) ?? []
  if (url === '') return undefined
  const statement = new URL(url, 'http://localhost').searchParams.get('query') ?? body
  const isCommit = /^insert into .*_sdc_loads.*^select/ms.test(statement)
  return isCommit ? 'send commit' : `send ${wordsOf(statement)}`
}

function writeName(self: object, chunks: readonly unknown[]): string {
  if (self === process.stdout) return 'print'
  if (self === process.stderr) return ''
  return requestName(chunks) ?? messageName(chunks[0])
}

surround(Socket.prototype, '_write', (self, [chunk]) => writeName(self, [chunk]))
surround(Socket.prototype, '_writev', (self, [chunks]) => {
  const written = chunks as { chunk: unknown }[]
  return writeName(
    self,
    written.map(({ chunk }) => chunk),
  )
})
surround(Socket.prototype, 'push', (self) => (self === process.stdin ? '' : 'response'))

/** Yields line by line, so that the work for one line continues before the next line. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      pass('line')
      yield rest.subarray(0, end + 1)
      rest = rest.subarray(end + 1)
    }
  }
  pass('end of input')
  if (rest.length > 0) yield rest
}

const { stdin } = process
const chunks = stdin[Symbol.asyncIterator].bind(stdin)
stdin[Symbol.asyncIterator] = () => linesOf({ [Symbol.asyncIterator]: chunks }) as never

process.on('exit', () => {
  if (logPath !== undefined) writeFileSync(logPath, places.join('\n'))
})
