/**
 * A program that stands for a ClickHouse server: its HTTP interface on loopback, with the real
 * engine behind it. Arguments: a folder of its own, and `USER:PASSWORD`. Prints its port. When its
 * standard input ends, it deletes the folder and ends too.
 */

import { rmSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Engine, EngineError } from './engine.ts'
import { credentialsOf, readRequest, type ClickHouseRequest } from './requests.ts'

const [folder = '', credentials = 'default:'] = process.argv.slice(2)
const engine = new Engine(join(folder, 'data'))
let bodies = 0

/** Statuses that the server gives to errors by their code; 500 for all others. */
const STATUSES: Readonly<Record<number, number>> = {
  60: 404,
  62: 400,
  81: 404,
  497: 403,
  516: 403,
}

/** chdb takes data from a file. The format is the last word of the statement. */
async function runInsert({ statement, data, context }: ClickHouseRequest): Promise<Buffer> {
  const path = join(folder, `body-${bodies++}`)
  const [, start = '', format = ''] = /^(.*)\sformat\s+(\w+)\s*$/is.exec(statement) ?? []
  try {
    await writeFile(path, data)
    const from = `${start} from infile '${path}' format ${format}`
    return (await engine.run(from, context, 'TabSeparated')).body
  } finally {
    await rm(path, { force: true })
  }
}

async function answer(request: IncomingMessage): Promise<{ body: Buffer; isGzip: boolean }> {
  if ((credentialsOf(request) ?? 'default:') !== credentials) {
    const [user = ''] = (credentialsOf(request) ?? '').split(':')
    throw new EngineError(
      `Code: 516. DB::Exception: ${user}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)`,
    )
  }
  const read = await readRequest(request)
  if (read.data.length > 0) return { body: await runInsert(read), isGzip: false }
  const { body } = await engine.run(read.statement, read.context, read.format)
  return { body, isGzip: read.acceptsGzip }
}

function sendError(response: ServerResponse, error: unknown): void {
  const code = error instanceof EngineError ? error.code : 1002
  response.writeHead(STATUSES[code] ?? 500, { 'X-ClickHouse-Exception-Code': String(code) })
  response.end(`${error instanceof Error ? error.message : String(error)}\n`)
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/ping') {
    response.end('Ok.\n')
    return
  }
  try {
    const { body, isGzip } = await answer(request)
    if (isGzip) response.setHeader('Content-Encoding', 'gzip')
    response.end(isGzip ? gzipSync(body) : body)
  } catch (error) {
    sendError(response, error)
  }
}

// As the server of ClickHouse, accept long URLs.
const server = createServer({ maxHeaderSize: 1 << 20 }, (request, response) => {
  void handle(request, response)
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
process.stdin.resume()
process.stdin.on('end', () => {
  rmSync(folder, { recursive: true, force: true })
  process.exit(0)
})
