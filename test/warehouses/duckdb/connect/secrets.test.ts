import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Logger } from '../../../../src/logger.ts'
import { createWarehouse } from '../../../../src/warehouses/index.ts'

/** Variables with secrets, and words that are none. */
const SECRETS = {
  ICEBERG_CLIENT_SECRET: 'secret-of-client',
  AWS_SECRET_ACCESS_KEY: 'secret-of-key',
  AWS_SESSION_TOKEN: 'secret-of-session',
}
const AZURE =
  'DefaultEndpointsProtocol=https;AccountName=account;AccountKey=c2VjcmV0LW9mLWF6dXJl;EndpointSuffix=core.windows.net'

/** The log line of a warehouse that is created with these variables. */
async function logged(url: string, env: Record<string, string>, line: string): Promise<string> {
  const lines: string[] = []
  const write = (text: string) => lines.push(text)
  const logger = new Logger({ name: 'test', level: 'info', format: 'plain', write })
  const before = { ...process.env }
  Object.assign(process.env, env)
  try {
    const options = { url, schema: undefined, tablePrefix: '', isReadOnly: false, logger }
    await createWarehouse(options)
  } finally {
    for (const name of Object.keys(env)) delete process.env[name]
    Object.assign(process.env, before)
  }
  logger.info('said', line)
  return lines.join('')
}

for (const [url, env] of [
  ['iceberg:https://catalog.example.com', { ...SECRETS, ICEBERG_CLIENT_ID: 'client' }],
  ['iceberg:https://catalog.example.com', { ICEBERG_TOKEN: 'secret-of-token' }],
  ['ducklake:w.ducklake?data_path=s3://bucket/prefix', SECRETS],
] as const) {
  test(`${url.split(':', 1)[0]} masks ${Object.keys(env).join(', ')} in logs`, async () => {
    const used = Object.entries(env).filter(
      ([name, value]) => value.startsWith('secret') && (!name.startsWith('ICEBERG') || url.startsWith('iceberg')),
    )
    const values = used.map(([, value]) => value)
    const line = await logged(url, env, [...values, 'client', 'plain'].join(' '))
    assert.match(line, new RegExp(`${values.map(() => String.raw`\*\*\*`).join(' ')} client plain`))
  })
}

test('masks the key in a connection string of Azure, and not the rest of it', async () => {
  const env = { AZURE_STORAGE_CONNECTION_STRING: AZURE }
  const line = await logged('iceberg:https://catalog.example.com', env, AZURE)
  assert.match(line, /AccountName=account;AccountKey=\*\*\*;EndpointSuffix=core\.windows\.net/)
})
