/** Opens a connection to the server as `sslmode` says, before any message is sent. */

import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { mostHelpfulError, tlsAttempts, type Tls } from '../../postgres/connect/tls.ts'
import type { PostgresUrl } from '../../postgres/url.ts'

/** Asks the server for TLS. It answers with one letter: S for yes. */
const TLS_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

function open({ host, port }: PostgresUrl): Socket {
  return host.startsWith('/')
    ? connectTcp({ path: `${host}/.s.PGSQL.${port}` })
    : connectTcp({ host, port, noDelay: true })
}

async function encrypt(socket: Socket, { host }: PostgresUrl, tls: NonNullable<Tls>) {
  socket.write(TLS_REQUEST)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  if (answer.toString('latin1') !== 'S') {
    throw new Error('The server does not support SSL connections')
  }
  const servername = isIP(host) === 0 ? { servername: host } : {}
  const encrypted = connectTls({ socket, ...servername, ...tls })
  await once(encrypted, 'secureConnect')
  return encrypted
}

async function attempt(url: PostgresUrl, tls: Tls): Promise<Socket> {
  const socket = open(url)
  const signal = AbortSignal.timeout(url.connectTimeoutMs)
  const abort = () => socket.destroy(new Error('The server did not answer in time'))
  signal.addEventListener('abort', abort)
  try {
    await once(socket, 'connect')
    if (url.keepAliveDelayMs !== undefined) socket.setKeepAlive(true, url.keepAliveDelayMs)
    return tls === undefined ? socket : await encrypt(socket, url, tls)
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Tries each kind of connection that `sslmode` allows. Throws the most helpful failure. */
export async function openUpstream(url: PostgresUrl): Promise<Socket> {
  const failures: unknown[] = []
  for (const tls of await tlsAttempts(url)) {
    try {
      return await attempt(url, tls)
    } catch (error) {
      failures.push(error)
    }
  }
  throw mostHelpfulError(failures, url)
}
