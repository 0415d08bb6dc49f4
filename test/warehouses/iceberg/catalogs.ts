/** Warehouses of the catalog under test, and what stands between a load and the catalog. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { request as send } from 'undici'
import { ICEBERG_UNDER_TEST } from '../../conformance/support/iceberg.ts'
import type { TestedWarehouse } from '../../conformance/support/warehouses.ts'
import { startProxy, type Proxy, type Treatment } from '../../support/network/tcp-proxy.ts'

/** Why tests of catalogs do not run; false if they do. */
export const WITHOUT_CATALOG =
  process.env['TEST_ICEBERG_CATALOG'] === undefined &&
  'TEST_ICEBERG_CATALOG does not name a catalog server'

export async function freshWarehouse(test: TestContext): Promise<TestedWarehouse> {
  return ICEBERG_UNDER_TEST.create(test)
}

function innerUrl(url: string): URL {
  return new URL(url.replace(/^iceberg:/, ''))
}

/** The same warehouse at another port. */
export function atPort(url: string, port: number): string {
  const catalog = innerUrl(url)
  catalog.port = String(port)
  return `iceberg:${catalog.href}`
}

function portOf(url: string): number {
  return Number(innerUrl(url).port)
}

/** The request that commits a unit. */
export const COMMIT = /^POST \S*\/transactions\/commit/

export interface Cutter {
  proxy: Proxy
  wasCut: () => boolean
}

/**
 * A proxy that resets the connection of the request that matches, once. If the request is
 * delivered, only its response is lost.
 */
export async function cutOnce(
  url: string,
  request: RegExp,
  { isDelivered }: { isDelivered: boolean },
): Promise<Cutter> {
  let isCut = false
  const losing = new Set<number>()
  const toServer =
    (connection: number): Treatment =>
    (chunk) => {
      if (isCut || !request.test(chunk.toString('latin1'))) return [{ bytes: chunk }]
      isCut = true
      if (isDelivered) losing.add(connection)
      return isDelivered ? [{ bytes: chunk }] : [{ ending: 'reset' }]
    }
  const toClient =
    (connection: number): Treatment =>
    (chunk) => {
      if (!losing.delete(connection)) return [{ bytes: chunk }]
      return [{ ending: 'reset' }]
    }
  const proxy = await startProxy({ port: portOf(url), toServer, toClient })
  return { proxy, wasCut: () => isCut }
}

/** The request that creates a table. */
export const CREATE = /^POST \S*\/tables$/

/** The URL of a proxy that waits for `before` when it gets the first request that matches. */
export async function holdRequest(
  test: TestContext,
  url: string,
  { held, before }: { held: RegExp; before: () => Promise<unknown> },
): Promise<string> {
  let waiting: Promise<unknown> | undefined
  return intercept(test, url, async (request) => {
    if (held.test(request)) await (waiting ??= before())
    return undefined
  })
}

/**
 * The URL of a proxy. For each request, such as `GET /v1/config`, it sends the status that `answer`
 * returns, or forwards it.
 */
export async function intercept(
  test: TestContext,
  url: string,
  answer: (request: string) => Promise<number | undefined>,
): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const forward = async () => {
      const { method = '', url: path = '', headers } = incoming
      const sent = await buffer(incoming)
      const status = await answer(`${method} ${path}`)
      if (status !== undefined) {
        outgoing.writeHead(status).end()
        return
      }
      const { statusCode, body } = await send(`http://127.0.0.1:${portOf(url)}${path}`, {
        method: method as 'GET',
        headers: Object.entries(headers).flatMap(([name, value]) =>
          /^(connection|content-length|host)$/.test(name) ? [] : [name, String(value)],
        ),
        body: sent,
      })
      const received = Buffer.from(await body.arrayBuffer())
      outgoing.writeHead(statusCode, { 'content-type': 'application/json' }).end(received)
    }
    forward().catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  test.after(() => server.close())
  return atPort(url, (server.address() as AddressInfo).port)
}
