/**
 * Serves GET /metrics on the loopback address, for Prometheus or a health check on this machine.
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../../errors.ts'

const HOST = '127.0.0.1'

export interface MetricsServer {
  /** The requested port, or the port that the system chose when 0 was requested. */
  port: number
  close: () => Promise<void>
}

/** Calls `text` for each request. Throws CONFIG_INVALID when it cannot listen on the port. */
export async function serveMetrics(port: number, text: () => string): Promise<MetricsServer> {
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
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new AppError(
          'CONFIG_INVALID',
          `The metrics endpoint cannot listen on ${HOST}:${port} (${cause.code ?? cause.message}).`,
          { hint: 'Choose another port with --metrics-port.', cause },
        ),
      ),
    )
    server.listen(port, HOST, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
