/** The catalog of a lake on a server with TLS. */

import assert from 'node:assert/strict'
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Client } from 'pg'
import { makeAuthority } from '../../support/network/certificates.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import { run, temporaryFolder, writeJson } from '../../support/programs.ts'
import { WITHOUT_LAKES as skip } from './lakes.ts'

test(
  'checks the certificate of the catalog with the same authorities as for PostgreSQL',
  { skip },
  async (t) => {
    const folder = await temporaryFolder(t)
    const authority = await makeAuthority(folder)
    const { key, cert } = await authority.issue(['DNS:localhost'])
    const server = await startPostgres({
      settings: ['ssl = on'],
      access: ['hostnossl all tls_only all reject'],
      prepare: (data, { uid, gid }) => {
        for (const [name, text] of Object.entries({ 'server.key': key, 'server.crt': cert })) {
          writeFileSync(join(data, name), text, { mode: 0o600 })
          if (uid !== undefined) chownSync(join(data, name), uid, gid ?? uid)
        }
      },
    })
    t.after(() => server.stop())
    const client = new Client({ connectionString: server.url })
    await client.connect()
    await client.query('create role tls_only superuser login')
    await client.end()
    const extensions = process.env['TEST_DUCKDB_EXTENSIONS'] ?? ''
    const check = async (options: string, env: Record<string, string> = {}) => {
      const config = await writeJson(folder, 'target.json', {
        warehouse_url: `ducklake:postgres://tls_only@localhost:${server.port}/postgres?data_path=${folder}/&extension_directory=${extensions}&${options}`,
      })
      const { code, stderr } = await run('target-warehouse', {
        args: ['--config', config, '--test'],
        env: { HOME: folder, ...env },
      })
      return `${code}: ${stderr}`
    }
    assert.match(await check(`sslmode=verify-full&sslrootcert=${authority.file}`), /^0: .*writable/)
    assert.match(
      await check('sslmode=verify-full', { NODE_EXTRA_CA_CERTS: authority.file }),
      /^0: .*writable/,
    )
    assert.match(await check('sslmode=verify-full'), /^5: .*certificate of the PostgreSQL server/)
    assert.match(await check('sslmode=require'), /^0: .*writable/)
    assert.match(await check('sslmode=disable'), /^5: /)
  },
)
