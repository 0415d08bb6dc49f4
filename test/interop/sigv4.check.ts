/** AWS's own library for Python signs the same requests as we do, for the catalogs of AWS. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { signedHeaders } from '../../src/warehouses/iceberg/sigv4.ts'
import { ROOT } from '../support/programs.ts'
import { programOf } from './venvs.ts'
import { command, parseLines } from './workspace.ts'

const HOST = 'https://s3tables.eu-west-1.amazonaws.com'
const PREFIX = 'arn%3Aaws%3As3tables%3Aeu-west-1%3A111122223333%3Abucket%2Flake'
const URLS = [
  `${HOST}/iceberg/v1/config?warehouse=arn%3Aaws%3As3tables%3Aeu-west-1%3A1%3Abucket%2Flake`,
  `${HOST}/iceberg/v1/${PREFIX}/namespaces/public/tables`,
  `${HOST}/iceberg/v1/${PREFIX}/namespaces/public/tables?pageToken=a%2Bb%2F%3D%3D`,
  `${HOST}/iceberg/v1/${PREFIX}/namespaces/public/tables/cio_t%20%C3%A9%25'()*!~?snapshots=refs`,
  'http://127.0.0.1:8181/v1/config?b=2&a=1&a=0&empty=',
]

test("signs as botocore does: S3 Tables' prefixes, odd names, queries and temporary keys", async () => {
  const keys = { keyId: 'AKIDEXAMPLE', secret: 'the-secret-of-a-test' }
  const now = new Date('2026-11-27T10:20:30Z')
  const requests = URLS.flatMap((url) =>
    [undefined, 'temporary/token+='].map((sessionToken) => ({
      url,
      keys: { ...keys, sessionToken },
    })),
  )
  const names = { service: 's3tables', region: 'eu-west-1' }
  const ours = requests.map(
    ({ url, keys: given }) =>
      signedHeaders({ ...names, url: new URL(url), keys: given, now })['authorization'],
  )
  const input = {
    ...names,
    time: '20261127T102030Z',
    requests: requests.map(({ url, keys: given }) => ({ ...given, url: new URL(url).href })),
  }
  const script = join(ROOT, 'test/interop/sigv4.py')
  const { code, stdout, stderr } = await command(programOf('moto', 'python'), [script], {
    stdin: JSON.stringify(input),
  })
  assert.equal(code, 0, stderr)
  assert.deepEqual(
    ours,
    parseLines(stdout).map(({ authorization }) => authorization),
  )
})
