/** GET /metrics on the loopback address, for a Prometheus or a health check on the same machine. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../../errors.ts'

const LOOPBACK = '127.0.0.1'

export interface MetricsServer {
  /** The port that was asked for; where that was 0, the one that the system chose. */
  port: number
  close: () => Promise<void>
}

/** Answers with the text as it is at that moment. Throws CONFIG_INVALID when the port cannot be had. */
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
          `The port ${port} for metrics on ${LOOPBACK} cannot be had (${cause.code ?? cause.message}).`,
          { hint: 'Choose another one with --metrics-port.', cause },
        ),
      ),
    )
    server.listen(port, LOOPBACK, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
