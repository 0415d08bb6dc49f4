/** The API's two hosts: a proxy leads their names to two sandboxes, one of each region. */

import { startSandbox, type Sandbox } from '../../../src/sandbox/api/server.ts'
import { temporaryFolder, type Scope } from '../programs.ts'
import { makeAuthority } from './certificates.ts'
import { startConnectProxy } from './connect-proxy.ts'

export interface Regions {
  us: Sandbox
  eu: Sandbox
  /** Leads a program to them, and makes it trust their certificates. */
  env: { HTTPS_PROXY: string; NODE_EXTRA_CA_CERTS: string }
}

/** Each sandbox knows one key. Ends with the test. */
export async function startRegions(
  t: Scope,
  keys: { us: string; eu: string } = { us: 'key-of-the-us-1', eu: 'key-of-the-eu-1' },
): Promise<Regions> {
  const authority = await makeAuthority(await temporaryFolder(t))
  const tls = await authority.issue(['DNS:api.customer.io', 'DNS:api-eu.customer.io'])
  const open = async (region: 'us' | 'eu') => {
    const rate = { perSecond: Number.POSITIVE_INFINITY }
    const sandbox = await startSandbox({ tls, region, apiKey: keys[region], rate })
    t.after(() => sandbox.close())
    return sandbox
  }
  const [us, eu] = [await open('us'), await open('eu')]
  const routes = { 'api.customer.io:443': us.port, 'api-eu.customer.io:443': eu.port }
  const proxy = await startConnectProxy({ routes })
  t.after(() => proxy.close())
  const HTTPS_PROXY = `http://127.0.0.1:${proxy.port}`
  return { us, eu, env: { HTTPS_PROXY, NODE_EXTRA_CA_CERTS: authority.file } }
}
