/**
 * Serves GET /metrics, for Prometheus or a health check. Anybody who reaches the address can read
 * them: names of connections and streams, and numbers.
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../../errors.ts'

export interface MetricsAddress {
  /** A name or an address. */
  host: string
  /** 0: the system chooses one. */
  port: number
}

export interface MetricsServer extends MetricsAddress {
  /** The requested port, or the port that the system chose when 0 was requested. */
  port: number
  close: () => Promise<void>
}

function hostAndPort({ host, port }: MetricsAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** For a person. */
export function metricsUrl(address: MetricsAddress): string {
  return `http://${hostAndPort(address)}/metrics`
}

function unusable(address: MetricsAddress, cause: NodeJS.ErrnoException): AppError {
  return new AppError(
    'CONFIG_INVALID',
    `The metrics endpoint cannot listen on ${hostAndPort(address)} (${cause.code ?? cause.message}).`,
    { hint: 'Choose another address with --metrics-host and --metrics-port.', cause },
  )
}

/** Calls `text` for each request. Throws CONFIG_INVALID when it cannot listen on the address. */
export async function serveMetrics(
  address: MetricsAddress,
  text: () => string,
): Promise<MetricsServer> {
  const { host, port } = address
  const server = createServer((request, response) => {
    const isMetrics = request.url?.split('?')[0] === '/metrics'
    if (!isMetrics || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(isMetrics ? 405 : 404, { 'content-type': 'text/plain; charset=utf-8' })
      response.end('GET /metrics\n')
      return
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(request.method === 'HEAD' ? undefined : text())
  })
  server.headersTimeout = 5000
  server.requestTimeout = 5000
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(unusable(address, cause)))
    server.listen(port, host, resolve)
  })
  return {
    host,
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
