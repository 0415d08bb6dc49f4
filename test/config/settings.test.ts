import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ajv, type AnySchema } from 'ajv'
import tapSettings from '../../schemas/config/tap.json' with { type: 'json' }
import targetSettings from '../../schemas/config/target.json' with { type: 'json' }
import { validateSettings } from '../../src/config/settings.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { TapConfig } from '../../src/schemas.generated.ts'
import { ROOT, temporaryFolder, writeJson } from '../support/programs.ts'

const PREFIX = 'TAP_CUSTOMERIO'
const DEFAULTS = {
  region: 'us',
  streams: 'core',
  lookback_seconds: 60,
  max_deleted_percent: 50,
  requests_per_second: 10,
  request_timeout_seconds: 60,
  retry_budget_seconds: 600,
  emit_activate_version_messages: true,
}

function validate(settings: Record<string, unknown>): TapConfig {
  return validateSettings<TapConfig>({ app_api_key: 'some-key', ...settings }, tapSettings, PREFIX)
}

test('the schemas of settings are valid, which a start does not check', async () => {
  const ajv = new Ajv({ strict: false })
  for (const folder of ['schemas/config', 'schemas/engines'].map((name) => join(ROOT, name))) {
    for (const name of await readdir(folder)) {
      const schema = JSON.parse(await readFile(join(folder, name), 'utf8')) as AnySchema
      assert.ok(ajv.validateSchema(schema), `${name}: ${ajv.errorsText()}`)
    }
  }
})

test('fills in defaults and drops unknown settings', () => {
  assert.deepEqual(validate({ stream_maps: {}, ['__proto__']: 1 }), {
    app_api_key: 'some-key',
    ...DEFAULTS,
  })
})

test('converts strings to the type of the setting', () => {
  assert.deepEqual(
    validate({
      cutoff_days: '90',
      requests_per_second: '2.5',
      emit_activate_version_messages: 'false',
      start_date: '2026-01-31',
    }),
    {
      app_api_key: 'some-key',
      ...DEFAULTS,
      cutoff_days: 90,
      requests_per_second: 2.5,
      emit_activate_version_messages: false,
      start_date: '2026-01-31',
    },
  )
})

test('treats null and blank strings as unset, and trims the key', () => {
  assert.deepEqual(validate({ app_api_key: '\tsome-key \n', region: null, start_date: ' ' }), {
    app_api_key: 'some-key',
    ...DEFAULTS,
  })
})

test('a list of names can also be a string', () => {
  const names = ['segments', 'broadcasts']
  for (const streams of [
    names,
    'segments,broadcasts',
    ' segments , broadcasts, ',
    '["segments", "broadcasts"]',
  ])
    assert.deepEqual(validate({ streams }).streams, names)
  for (const streams of ['core', ' workspace ', 'all'])
    assert.equal(validate({ streams }).streams, streams.trim())
  assert.equal(validate({ streams: ['workspace'] }).streams, 'workspace')
})

const STREAMS_RULE =
  '`streams` must be core, workspace, all, or a list of streams, which --list-streams prints'

const BAD: [settings: Record<string, unknown>, fault: string][] = [
  [{ streams: 'corr' }, `${STREAMS_RULE}, not "corr" (did you mean core?)`],
  [{ streams: ['core', 'segments'] }, `${STREAMS_RULE}, not "core"`],
  [{ streams: [] }, STREAMS_RULE],
  [{ streams: ' , ' }, STREAMS_RULE],
  [{ streams: 5 }, STREAMS_RULE],
  [{ streams: { core: true } }, STREAMS_RULE],
  [
    { streams: 'segmets,some-key,snipets' },
    `${STREAMS_RULE}, not "segmets" (did you mean segments?), "snipets" (did you mean snippets?)`,
  ],
  [{ region: 'EU' }, '`region` must be one of us, eu, not "EU"'],
  [{ cutoff_days: 1.5 }, '`cutoff_days` must be an integer of at least 0, not 1.5'],
  [{ cutoff_days: '-1' }, '`cutoff_days` must be an integer of at least 0, not -1'],
  [{ lookback_seconds: 'x' }, '`lookback_seconds` must be an integer of at least 0, not "x"'],
  [
    { requests_per_second: 0 },
    '`requests_per_second` must be a number greater than 0 and of at most 10000, not 0',
  ],
  [
    { requests_per_second: 1e9 },
    '`requests_per_second` must be a number greater than 0 and of at most 10000, not 1000000000',
  ],
  [
    { request_timeout_seconds: 3_000_000 },
    '`request_timeout_seconds` must be a number greater than 0 and of at most 86400, not 3000000',
  ],
  [{ retry_budget_seconds: -1 }, '`retry_budget_seconds` must be a number of at least 0, not -1'],
  [
    { emit_activate_version_messages: 'yes' },
    '`emit_activate_version_messages` must be true or false, not "yes"',
  ],
  [
    { start_date: '31.01.2026' },
    '`start_date` must be a date such as 2026-01-31 or 2026-01-31T00:00:00Z, not "31.01.2026"',
  ],
  [{ api_url: 'nowhere' }, '`api_url` must be a URL'],
  ...['a/b', 'a#b', 'a?b'].map((password): [Record<string, unknown>, string] => [
    { api_url: `https://u:${password}@h/v1` },
    '`api_url` must be a URL; percent-encode special characters in its user and password: / as %2F, # as %23, ? as %3F',
  ]),
]

for (const [settings, fault] of BAD) {
  test(`rejects ${JSON.stringify(settings)} and says what is allowed`, () => {
    assert.throws(() => validate(settings), {
      code: 'CONFIG_INVALID',
      message: `The configuration is invalid: ${fault}.`,
    })
  })
}

const KEY = 'd0c5a2f1e7b34c6f'
const MISPLACED: [settings: Record<string, unknown>, fault: string][] = [
  [{ api_url: `https://${KEY}@api.customer.io:x/v1` }, '`api_url` must be a URL'],
  [{ region: KEY }, '`region` must be one of us, eu'],
  [{ region: ` ${KEY}\n` }, '`region` must be one of us, eu'],
  [
    { app_api_key: null, region: KEY + KEY },
    '`app_api_key` is missing; `region` must be one of us, eu',
  ],
  [{ cutoff_days: [KEY] }, '`cutoff_days` must be an integer of at least 0'],
]

for (const [settings, fault] of MISPLACED) {
  test(`does not show a key in the wrong setting: ${Object.keys(settings).join()}`, () => {
    assert.throws(
      () => validateSettings({ app_api_key: KEY, ...settings }, tapSettings, 'TAP_CUSTOMERIO'),
      { message: `The configuration is invalid: ${fault}.` },
    )
  })
}

/** The longest delay of setTimeout in seconds. With a longer one it fires at once. */
const MAX_TIMER_SECONDS = (2 ** 31 - 1) / 1000

test('every setting in seconds fits into a timer', () => {
  for (const setting of [
    tapSettings.properties.request_timeout_seconds,
    targetSettings.properties.batch_wait_limit_seconds,
  ]) {
    assert.ok(setting.maximum < MAX_TIMER_SECONDS)
  }
})

test('does not show a secret that is not a string', () => {
  assert.throws(() => validate({ app_api_key: { secret: 'hidden' } }), {
    message:
      'The configuration is invalid: `app_api_key` must be a string of printable ASCII characters.',
  })
})

test('merges files, later ones win, and the environment wins over all', async (t) => {
  const folder = await temporaryFolder(t)
  const paths = [
    await writeJson(folder, 'a.json', { app_api_key: 'first-key', region: 'eu', cutoff_days: 1 }),
    'ENV',
    await writeJson(folder, 'b.json', { app_api_key: 'second-key', region: null, cutoff_days: 2 }),
  ]
  const env = { TAP_CUSTOMERIO_CUTOFF_DAYS: '3', TAP_CUSTOMERIO_REGION: '', CUTOFF_DAYS: '4' }
  const source = { envPrefix: PREFIX, env }
  const expected = { ...DEFAULTS, app_api_key: 'second-key', region: 'eu' }
  assert.deepEqual(await loadConfig(tapSettings, { ...source, paths }), {
    ...expected,
    cutoff_days: 3,
  })
  const files = paths.filter((path) => path !== 'ENV')
  assert.deepEqual(await loadConfig(tapSettings, { ...source, paths: files }), {
    ...expected,
    cutoff_days: 2,
  })
})

test('warns about unknown settings of files and environment, with the nearest known ones', async (t) => {
  const folder = await temporaryFolder(t)
  const path = await writeJson(folder, 'config.json', {
    app_api_key: 'a-secret-key',
    cutof_days: 3,
    tabel_prefix: 'x_',
    table_prefix: 'x_',
    stream_maps: {},
    ['k'.repeat(100)]: 1,
  })
  const warnings: string[] = []
  const settings = await loadConfig<TapConfig>(tapSettings, {
    paths: [path, 'ENV'],
    envPrefix: PREFIX,
    env: { [`${PREFIX}_REGIO`]: 'eu', [`${PREFIX}__SELECT`]: 'x', [`${PREFIX}_LOGLEVEL`]: 'info' },
    shared: Object.keys(targetSettings.properties),
    warn: (sentence) => warnings.push(sentence),
  })
  assert.deepEqual(Object.keys(settings).includes('cutof_days'), false)
  assert.deepEqual(warnings, [
    'The configuration has unknown settings, which have no effect: `cutof_days` (did you mean `cutoff_days`?), `tabel_prefix` (did you mean `table_prefix`?), `stream_maps`, a name of 100 characters, `regio` (did you mean `region`?).',
  ])
})
