/** A proxy before ClickHouse that cuts the connection of one request, or changes statements. */

import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Scope } from '../programs.ts'

/**
 * When the connection is cut: before the server gets the request, after it has answered, or before
 * it gets the request, which still arrives later.
 */
export type Cut = 'before' | 'after' | 'late'

export interface CuttingProxy {
  port: number
  /** The statements that passed, in order. Requests with data count with their statement. */
  statements: string[]
  /** Cuts the request with this number, from 1. */
  cutAt: (number: number, cut: Cut) => void
  /** Returns what the server gets instead of a statement. Not for one with data. */
  rewrite: (statement: string) => string
  /** Called after each answer of the server, before the client gets it. */
  onAnswer: (statement: string) => Promise<void>
}

const LATE_MS = 700

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function forward(
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  port: number,
): Promise<{ answer: IncomingMessage; content: Buffer }> {
  const sent = request({ port, host: '127.0.0.1', method, path: url, headers })
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return { answer, content: await bodyOf(answer) }
}

/** Starts a proxy that ends with the test. */
export async function cuttingProxy(scope: Scope, serverPort: number): Promise<CuttingProxy> {
  const statements: string[] = []
  let plan: { number: number; cut: Cut } | undefined
  const late = new Set<Promise<unknown>>()
  const proxy: CuttingProxy = {
    port: 0,
    statements,
    cutAt: (number, cut) => {
      statements.length = 0
      plan = { number, cut }
    },
    rewrite: (statement) => statement,
    onAnswer: () => Promise.resolve(),
  }
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming)
    const query = new URL(incoming.url ?? '/', 'http://localhost').searchParams.get('query')
    statements.push(query ?? body.toString())
    const sent = query === null ? Buffer.from(proxy.rewrite(body.toString())) : body
    const cut = plan?.number === statements.length ? plan.cut : undefined
    if (cut === 'before' || cut === 'late') {
      incoming.socket.destroy()
      if (cut === 'before') return
      const arriving = sleep(LATE_MS).then(async () => forward(incoming, sent, serverPort))
      late.add(arriving.catch(() => undefined))
      return
    }
    const { answer, content } = await forward(incoming, sent, serverPort)
    if (cut === 'after') {
      incoming.socket.destroy()
      return
    }
    await proxy.onAnswer(query ?? body.toString())
    response.writeHead(answer.statusCode ?? 500, answer.headers)
    response.end(content)
  }
  const server = createServer({ maxHeaderSize: 1 << 20 }, (incoming, response) => {
    void handle(incoming, response).catch(() => incoming.socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.after(async () => {
    await Promise.all(late)
    server.closeAllConnections()
    server.close()
  })
  proxy.port = (server.address() as AddressInfo).port
  return proxy
}
