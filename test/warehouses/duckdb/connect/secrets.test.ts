import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Logger } from '../../../../src/logger.ts'
import { createWarehouse } from '../../../../src/warehouses/index.ts'

const STORE = { AWS_SECRET_ACCESS_KEY: 'secret-of-key', AWS_SESSION_TOKEN: 'secret-of-session' }
const CATALOG = 'iceberg:https://catalog.example.com'

/** The text as the log shows it when the warehouse is created with these variables. */
async function logged(url: string, env: Record<string, string>, text: string): Promise<string> {
  const logger = new Logger({ name: 'test', level: 'critical', format: 'plain', write: () => {} })
  const before = { ...process.env }
  Object.assign(process.env, env)
  try {
    await createWarehouse({ url, schema: undefined, tablePrefix: '', isReadOnly: false, logger })
  } finally {
    for (const name of Object.keys(env)) delete process.env[name]
    Object.assign(process.env, before)
  }
  return logger.masked(text)
}

for (const [url, env] of [
  [CATALOG, { ICEBERG_CLIENT_ID: 'client', ICEBERG_CLIENT_SECRET: 'secret-of-client', ...STORE }],
  [CATALOG, { ICEBERG_TOKEN: 'secret-of-token' }],
  ['ducklake:w.ducklake?data_path=s3://bucket/prefix', STORE],
] as const) {
  test(`${url.split(':', 1)[0]} masks what ${Object.keys(env).join(', ')} hold in logs`, async () => {
    const values = Object.values(env).filter((value) => value.startsWith('secret'))
    const text = [...values, 'client', 'plain'].join(' ')
    const masked = [...values.map(() => '***'), 'client', 'plain'].join(' ')
    assert.equal(await logged(url, env, text), masked)
  })
}

test('masks the key in a connection string of Azure, and not the rest of it', async () => {
  const start = 'DefaultEndpointsProtocol=https;AccountName=account;AccountKey='
  const text = `${start}c2VjcmV0LW9mLWF6dXJl;EndpointSuffix=core.windows.net`
  const env = { AZURE_STORAGE_CONNECTION_STRING: text }
  assert.equal(await logged(CATALOG, env, text), `${start}***;EndpointSuffix=core.windows.net`)
})
