/** Certificates of a test authority, created with the openssl command. */

import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export interface Certificate {
  /** PEM. */
  key: string
  /** PEM. */
  cert: string
}

export interface Authority {
  /** Path of the authority's certificate, for NODE_EXTRA_CA_CERTS. */
  file: string
  /**
   * @param names as in subjectAltName, e.g. `DNS:api.customer.io`. @param days below 0 for an
   * expired one
   */
  issue: (names: readonly string[], days?: number) => Promise<Certificate>
}

/** Creates an authority with its files in the folder. */
export async function makeAuthority(folder: string): Promise<Authority> {
  const file = join(folder, 'ca.pem')
  const key = join(folder, 'ca.key')
  const subject = ['-subj', '/CN=Test authority', '-days', '2']
  await run('openssl', ['req', '-x509', ...NEW_KEY, '-keyout', key, '-out', file, ...subject])
  let issued = 0
  return {
    file,
    issue: async (names, days = 1) => {
      const base = join(folder, `issued-${issued++}`)
      const made = ['-keyout', `${base}.key`, '-out', `${base}.csr`, '-subj', '/CN=test']
      await run('openssl', ['req', ...NEW_KEY, ...made])
      await writeFile(`${base}.ext`, `subjectAltName=${names.join()}\n`)
      const signed = ['-CA', file, '-CAkey', key, '-CAcreateserial', '-days', String(days)]
      const files = ['-in', `${base}.csr`, '-out', `${base}.pem`, '-extfile', `${base}.ext`]
      await run('openssl', ['x509', '-req', ...signed, ...files])
      return {
        key: await readFile(`${base}.key`, 'utf8'),
        cert: await readFile(`${base}.pem`, 'utf8'),
      }
    },
  }
}
