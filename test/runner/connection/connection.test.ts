import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConnection, parseConnection } from '../../../src/runner/connection/connection.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { STREAM_NAMES } from '../../../src/streams/index.ts'
import { temporaryFolder, writeJson } from '../../support/programs.ts'

const ENV = { KEY: ' k-123456 ', DAYS: '90' }

test('interpolates environment variables and fills in defaults', async (t) => {
  const folder = await temporaryFolder(t)
  const path = await writeJson(folder, 'production.json', {
    $schema: 'anything',
    source: { app_api_key: '${KEY}', cutoff_days: '${DAYS}', user_agent: '$${KEY}' },
    resources: { campaigns: 'full_refresh', newsletters: 'incremental' },
    schedule: { type: 'basic', every: '3h', start_at: '02:00' },
  })
  const connection = await loadConnection(path, ENV)
  assert.equal(connection.name, 'production')
  assert.equal(connection.folder, folder)
  assert.equal(connection.dataFolder, `${folder}/.customerio-sync/production`)
  assert.equal(connection.historyMonths, 13)
  assert.equal(connection.source.app_api_key, 'k-123456')
  assert.equal(connection.source.cutoff_days, 90)
  assert.equal(connection.source.user_agent, '${KEY}')
  assert.equal(connection.destination.warehouse_url, 'duckdb:warehouse.duckdb')
  assert.deepEqual(
    [...connection.resources],
    [
      ['newsletters', 'incremental'],
      ['campaigns', 'full_refresh'],
    ],
  )
  assert.deepEqual(connection.schedule, { type: 'basic', every: '3h', start_at: '02:00' })
  assert.equal(connection.notify, undefined)
})

test('reads every stream incrementally on a manual schedule by default', () => {
  const { resources, schedule } = parseConnection(
    { source: { app_api_key: 'key-1' } },
    '/x/connection.json',
    {},
  )
  assert.deepEqual([...resources.keys()], ['newsletters', 'campaigns', 'campaign_actions'])
  assert.deepEqual([...new Set(resources.values())], ['incremental'])
  assert.deepEqual(schedule, { type: 'manual' })
})

test('reports every problem at once, with what is allowed and without secrets', () => {
  const document = {
    nme: 'production',
    source: {
      app_api_key: '${MISSING}',
      cutof_days: 90,
      region: 'mars',
      api_url: 'http://example.com',
    },
    destination: { warehouse_url: 'no url', table_prefix: 'cio_' },
    resources: { newsletter: 'incremental', campaigns: 'sometimes' },
    schedule: { type: 'basic', every: '2h', start_at: '25:00' },
    notify: { secret: 'short', url: 'http://example.com/hook' },
    history_months: 0,
  }
  assert.throws(
    () => parseConnection(document, '/x/connection.json', {}),
    (error: Error) => {
      assert.equal(
        error.message,
        [
          'The connection file /x/connection.json is not valid:',
          '  - the environment variable MISSING is not set, but the file uses ${MISSING}',
          '  - `nme` is unknown (did you mean `name`?)',
          '  - `history_months` must be an integer of at least 1, not 0',
          '  - `source.cutof_days` is unknown (did you mean `cutoff_days`?)',
          '  - `source.region` must be one of us, eu, not "mars"',
          '  - `destination.warehouse_url` must be a URL',
          '  - `schedule.every` must be one of 5m, 10m, 15m, 30m, 1h, 3h, 6h, 12h, 24h, not "2h"',
          '  - `schedule.start_at` must be a time of day, HH:MM, such as 02:00, not "25:00"',
          '  - `resources.newsletter` is unknown (did you mean `newsletters`?)',
          '  - `resources.campaigns` must be one of incremental, full_refresh, not "sometimes"',
          '  - `notify.secret` must be a string of at least 16 characters',
          '  - `source.api_url` must start with https:// (http:// is for loopback addresses only)',
          '  - `notify.url` must start with https:// (http:// is for loopback addresses only).',
        ].join('\n'),
      )
      return true
    },
  )
})

test('does not show a secret that is in the wrong setting', () => {
  const document = {
    source: {
      app_api_key: '${KEY}',
      region: '${KEY}',
      api_url: 'https://${KEY}@api.customer.io:x/v1',
    },
    destination: {
      warehouse_url: 'postgres://me:hunter22@host:x/db',
      load_method: 'postgres://me:hunter22@host/db',
    },
    notify: { url: 'https://hooks.example.com:x/hunter22' },
  }
  assert.throws(
    () => parseConnection(document, '/x/connection.json', { KEY: 'd0c5a2f1e7b34c6f' }),
    {
      message: [
        'The connection file /x/connection.json is not valid:',
        '  - `source.region` must be one of us, eu',
        '  - `source.api_url` must be a URL',
        '  - `destination.warehouse_url` must be a URL',
        '  - `destination.load_method` must be one of upsert, append-only, overwrite',
        '  - `notify.url` must be a URL.',
      ].join('\n'),
    },
  )
})

test('names the command that creates a missing connection file', async () => {
  await assert.rejects(loadConnection('nowhere.json', {}), {
    message: 'The connection file nowhere.json could not be read (no such file).',
    hint: 'Create it with: customerio-sync init --connection nowhere.json',
  })
})

test('only a missing file gets the hint to create it, whatever its path says', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'no such file')
  await mkdir(path)
  await assert.rejects(loadConnection(path, {}), {
    message: `The connection file ${path} could not be read (is a folder).`,
    hint: 'Check the path and its permissions.',
  })
})

test('reports a setting that an unset variable leaves blank only once, as the variable', () => {
  const document = { source: { app_api_key: '${MISSING}' }, notify: { url: '${MISSING}' } }
  const variable = 'the environment variable MISSING is not set, but the file uses ${MISSING}'
  assert.throws(() => parseConnection(document, '/c.json', {}), {
    message: `The connection file /c.json is not valid: ${variable}.`,
  })
  const blank = { source: { app_api_key: '' } }
  assert.throws(() => parseConnection(blank, '/c.json', {}), {
    message: 'The connection file /c.json is not valid: `source.app_api_key` is missing.',
  })
})

test('reports that no stream is selected also when another problem mentions resources', () => {
  const document = { name: 'my resources!', source: { app_api_key: 'k' }, resources: {} }
  assert.throws(
    () => parseConnection(document, '/c.json', {}),
    ({ message }: Error) =>
      message.endsWith(
        '  - `resources` must name at least one stream, such as newsletters, campaigns, campaign_actions.',
      ),
  )
})

test('S16: refuses a name that could leave its folder or is too long for a file name', () => {
  for (const name of ['../../x', 'a/b', 'a\\b', 'x\u0000y', '.hidden', 'x'.repeat(300)]) {
    const document = {
      name,
      source: { app_api_key: 'key-of-nobody' },
      destination: { warehouse_url: 'duckdb:x.duckdb' },
    }
    assert.throws(
      () => parseConnection(document, '/x/connection.json', {}),
      /`name` must be 1 to 100 letters/,
    )
  }
})

test('refuses a value with a control character and does not show it', () => {
  for (const [name, value] of [
    ['user_agent', 'hunter22\u0000'],
    ['user_agent', 'hunter22\ud800'],
    ['start_date', 'hunter22\u001b[2J'],
  ] as const) {
    const document = {
      source: { app_api_key: 'key-of-nobody', [name]: value },
      destination: { warehouse_url: 'duckdb:x.duckdb' },
    }
    assert.throws(
      () => parseConnection(document, '/x/connection.json', {}),
      ({ message }: Error) => message.includes(`\`source.${name}\``) && !/hunter22/.test(message),
    )
  }
})

test('refuses overwrite for a stream that is not read completely', () => {
  const file = {
    source: { app_api_key: 'key-of-nobody' },
    destination: { load_method: 'overwrite' },
  }
  const parse = (resources: JsonObject) => parseConnection({ ...file, resources }, '/x/c.json', {})
  assert.throws(() => parse({ newsletters: 'incremental', campaigns: 'full_refresh' }), {
    message:
      'The connection file /x/c.json is not valid: `destination.load_method` overwrite would keep only changed rows: set `resources.newsletters` to full_refresh, or use upsert.',
  })
  assert.equal(parse({ campaigns: 'full_refresh' }).destination.load_method, 'overwrite')
})

const SENTENCES: readonly [file: JsonObject, sentence: string][] = [
  [
    { resources: { webhooks: 'incremental' } },
    `\`resources.webhooks\` is unknown (known names: ${STREAM_NAMES.join(', ')})`,
  ],
  [
    { resources: {} },
    '`resources` must name at least one stream, such as newsletters, campaigns, campaign_actions',
  ],
  [
    { name: 'my connection!' },
    '`name` must be 1 to 100 letters, digits, dots, underscores and hyphens, beginning with a letter or a digit, such as production, not "my connection!"',
  ],
  [
    { notify: { url: 'https://example.com', secret: 'short' } },
    '`notify.secret` must be a string of at least 16 characters',
  ],
]

test('says in one sentence what a setting must be', () => {
  for (const [file, sentence] of SENTENCES) {
    assert.throws(() => parseConnection({ source: { app_api_key: 'k' }, ...file }, '/c.json', {}), {
      code: 'CONFIG_INVALID',
      message: `The connection file /c.json is not valid: ${sentence}.`,
    })
  }
})
