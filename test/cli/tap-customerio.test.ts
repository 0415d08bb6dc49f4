import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { JsonValue } from '../../src/singer/json.ts'
import { CORE_STREAM_NAMES, STREAM_NAMES, STREAMS } from '../../src/streams/index.ts'
import { ROOT, run, temporaryFolder, writeJson, type Finished } from '../support/programs.ts'
import { bounded } from '../support/wait.ts'

const TIMEOUT_MS = bounded(3000)

interface Files {
  [name: string]: JsonValue
}

/**
 * Runs the tap in a folder with these files. Strings are written unchanged. Nothing listens at its
 * API URL.
 */
async function runWith(t: TestContext, files: Files, args: string[]): Promise<Finished> {
  const cwd = await temporaryFolder(t)
  const nowhere = { app_api_key: 'some-key', api_url: 'http://127.0.0.1:1' }
  for (const [name, content] of Object.entries({ 'ok.json': nowhere, ...files })) {
    if (typeof content === 'string') await writeFile(join(cwd, name), content)
    else await writeJson(cwd, name, content)
  }
  return run('tap-customerio', { args, cwd, timeoutMs: TIMEOUT_MS })
}

const STREAMS_RULE =
  '`streams` must be core, workspace, all, or a list of streams, which --list-streams prints'
const STATE_HINT = 'Correct it, or remove the bookmark to read the stream from the beginning.'
const CATALOG_HINT = 'Create a new catalog with --discover and select the streams in it.'
const FAULTS: { title: string; files?: Files; args: string[]; line: string }[] = [
  {
    title: 'no key',
    args: [],
    line: 'The configuration is invalid: `app_api_key` is missing. Set it in the file given with --config, or use --config ENV and set TAP_CUSTOMERIO_APP_API_KEY. code=CONFIG_INVALID',
  },
  {
    title: 'a config file that is not JSON',
    files: { 'config.json': '{"app_api_key": "a-secret-key",' },
    args: ['--config', 'config.json'],
    line: 'The config file config.json is not valid JSON. Line 1, column 32: expected a name in double quotes. code=CONFIG_INVALID',
  },
  {
    title: 'a state file with an incomplete last line',
    files: {
      'config.json': { app_api_key: 'a-secret-key' },
      'state.json': '{"bookmarks":{}}\n{"bookmarks":{}}\n{"bookmarks":{"a-secret',
    },
    args: ['--config', 'config.json', '--state', 'state.json'],
    line: 'The state file state.json is not valid JSON. Line 3, column 24: expected a closing double quote. The last line counts, and it is probably incomplete. Delete it to resume from the line before. code=CONFIG_INVALID',
  },
  {
    title: 'several invalid settings at once',
    files: { 'config.json': { app_api_key: 'a-secret-key', region: 'asia', cutoff_days: -1 } },
    args: ['--config', 'config.json'],
    line: 'The configuration is invalid: `region` must be one of us, eu, not "asia"; `cutoff_days` must be an integer of at least 0, not -1. code=CONFIG_INVALID',
  },
  {
    title: 'an unencrypted URL',
    files: { 'config.json': { app_api_key: 'a-secret-key', api_url: 'http://example.com' } },
    args: ['--config', 'config.json'],
    line: '`api_url` must start with https:// (http:// is for loopback addresses only). Remove it to use `region`, or set a base URL such as https://api.customer.io/v1. code=CONFIG_INVALID',
  },
  {
    title: 'an unknown stream',
    files: { 'config.json': { streams: ['brodcasts', 'segments'] } },
    args: ['--config', 'config.json', '--discover'],
    line: `The configuration is invalid: ${STREAMS_RULE}, not "brodcasts" (did you mean broadcasts?). code=CONFIG_INVALID`,
  },
  {
    title: 'an unknown flag',
    args: ['--catalogue', 'x.json'],
    line: 'Unknown argument: catalogue. Did you mean --catalog? See tap-customerio --help. code=USAGE',
  },
  {
    title: 'a positional argument',
    args: ['config.json'],
    line: 'Too many non-option arguments: got 1, maximum of 0. See tap-customerio --help. code=USAGE',
  },
  {
    title: 'both --catalog and --properties',
    args: ['--catalog', 'a.json', '--properties', 'b.json'],
    line: 'Arguments properties and catalog are mutually exclusive. See tap-customerio --help. code=USAGE',
  },
  {
    title: 'an unknown --test mode',
    args: ['--config', 'ok.json', '--test=none'],
    line: '--test must be all or schema, not "none". code=USAGE',
  },
  {
    title: 'an unknown format',
    args: ['--about', '--format', 'xml'],
    line: '--format must be text, json or markdown, not "xml". See tap-customerio --help. code=USAGE',
  },
  {
    title: 'a missing file',
    args: ['--config', 'missing.json'],
    line: 'The config file missing.json could not be read (no such file). Check the path and its permissions. code=CONFIG_INVALID',
  },
  {
    title: 'a folder instead of a file',
    args: ['--config', 'ok.json', '--state', '.'],
    line: 'The state file . could not be read (is a folder). Check the path and its permissions. code=CONFIG_INVALID',
  },
  {
    title: 'a catalog without streams',
    files: { 'catalog.json': { streams: { newsletters: {} } } },
    args: ['--config', 'ok.json', '--catalog', 'catalog.json'],
    line: `The catalog must be an object with a list \`streams\`. ${CATALOG_HINT} code=CATALOG_INVALID`,
  },
  {
    title: 'a catalog entry without a schema',
    files: { 'catalog.json': { streams: [{ tap_stream_id: 'campaigns' }] } },
    args: ['--config', 'ok.json', '--catalog', 'catalog.json'],
    line: `Stream 0 of the catalog needs a \`tap_stream_id\`, a \`schema\` and well-formed \`metadata\`. ${CATALOG_HINT} code=CATALOG_INVALID`,
  },
  {
    title: 'an unknown replication method',
    files: {
      'catalog.json': {
        streams: [{ tap_stream_id: 'campaigns', schema: {}, replication_method: 'LOG_BASED' }],
      },
    },
    args: ['--config', 'ok.json', '--catalog', 'catalog.json'],
    line: `The replication method of campaigns must be INCREMENTAL or FULL_TABLE, not "LOG_BASED". ${CATALOG_HINT} code=CATALOG_INVALID`,
  },
  {
    title: 'a state with an invalid time',
    files: { 'state.json': { bookmarks: { campaigns: { replication_key_value: 'yesterday' } } } },
    args: ['--config', 'ok.json', '--state', 'state.json'],
    line: `The state of campaigns has a time that is not an RFC 3339 string. ${STATE_HINT} code=STATE_INVALID`,
  },
  {
    title: 'a STATE message instead of its value',
    files: { 'state.json': { type: 'STATE', value: { bookmarks: {} } } },
    args: ['--config', 'ok.json', '--state', 'state.json'],
    line: 'The state must be an object whose `bookmarks` is an object. Pass the `value` of a STATE message, not the whole message. code=STATE_INVALID',
  },
]

for (const { title, files = {}, args, line } of FAULTS) {
  test(`T-4: rejects ${title} in one line, before any request`, async (t) => {
    const finished = await runWith(t, files, args)
    assert.deepEqual(finished, { code: 2, stdout: '', stderr: `CRITICAL ${line}\n` })
  })
}

test('--version prints the name and the package version', async () => {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    version: string
  }
  assert.deepEqual(await run('tap-customerio', { args: ['--version'] }), {
    code: 0,
    stdout: `tap-customerio ${manifest.version}\n`,
    stderr: '',
  })
})

test('--about --format json lists every setting and marks secrets', async () => {
  const { code, stdout, stderr } = await run('tap-customerio', {
    args: ['--about', '--format', 'json'],
  })
  assert.deepEqual([code, stderr], [0, ''])
  const about = JSON.parse(stdout) as {
    name: string
    capabilities: string[]
    settings: { properties: Record<string, { secret?: boolean }>; required: string[] }
  }
  assert.equal(about.name, 'tap-customerio')
  assert.deepEqual(about.capabilities.slice(0, 3), ['catalog', 'discover', 'state'])
  assert.deepEqual(about.settings.required, ['app_api_key'])
  assert.deepEqual(Object.keys(about.settings.properties), [
    'app_api_key',
    'region',
    'api_url',
    'streams',
    'start_date',
    'cutoff_days',
    'lookback_seconds',
    'max_deleted_percent',
    'requests_per_second',
    'request_timeout_seconds',
    'retry_budget_seconds',
    'emit_activate_version_messages',
    'user_agent',
  ])
  assert.equal(about.settings.properties['app_api_key']?.secret, true)
})

test('T-6, T-7: --discover prints exactly the sample catalog, in lines that every reader accepts', async () => {
  const { code, stdout, stderr } = await run('tap-customerio', { args: ['--discover'] })
  assert.deepEqual([code, stderr], [0, ''])
  assert.equal(stdout, await readFile(join(ROOT, 'catalog.sample.json'), 'utf8'))
  assert.ok(Math.max(...stdout.split('\n').map((line) => line.length)) < 65_536)
})

interface Listed {
  tap_stream_id: string
  metadata: { metadata: Record<string, JsonValue> }[]
}

/** The streams that `--discover` lists with this setting, and whether each is selected. */
async function discovered(t: TestContext, config: JsonValue): Promise<[string, JsonValue][]> {
  const args = ['--config', 'config.json', '--discover']
  const { code, stdout, stderr } = await runWith(t, { 'config.json': config }, args)
  assert.deepEqual([code, stderr], [0, ''])
  const { streams } = JSON.parse(stdout) as { streams: Listed[] }
  return streams.map(({ tap_stream_id: id, metadata }) => [
    id,
    metadata[0]?.metadata['selected-by-default'] ?? null,
  ])
}

test('--discover needs no key to list the streams that `streams` chooses', async (t) => {
  const core = CORE_STREAM_NAMES.map((name) => [name, true])
  assert.deepEqual(await discovered(t, { region: 'nowhere' }), core)
  const workspace = await discovered(t, { streams: 'workspace' })
  assert.deepEqual(workspace.slice(0, 3), core)
  assert.deepEqual(
    workspace.slice(3),
    STREAMS.filter(({ tier }) => tier === 'workspace').map(({ id }) => [id, false]),
  )
  assert.deepEqual(
    (await discovered(t, { streams: 'all' })).map(([id]) => id),
    STREAM_NAMES,
  )
})

test('streams that `streams` names are selected, in the order of the tap', async (t) => {
  const wanted = [
    ['broadcasts', true],
    ['segments', true],
  ]
  for (const streams of [
    ['segments', 'broadcasts'],
    'segments, broadcasts',
    '["segments","broadcasts"]',
  ])
    assert.deepEqual(await discovered(t, { streams }), wanted)
})

test('--list-streams lists every stream within 80 columns', async () => {
  const { code, stdout, stderr } = await run('tap-customerio', { args: ['--list-streams'] })
  assert.deepEqual([code, stderr], [0, ''])
  const lines = stdout.split('\n')
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  )
  assert.deepEqual(lines.slice(0, 3), [
    'Core streams: selected by default.',
    '  newsletters             INCREMENTAL, FULL_TABLE  key id',
    '    1 request for each page of 100 rows',
  ])
  for (const name of STREAM_NAMES)
    assert.equal(lines.filter((line) => line.startsWith(`  ${name} `)).length, 1, name)
})

async function listed(format: string): Promise<string> {
  const { stdout } = await run('tap-customerio', { args: ['--list-streams', '--format', format] })
  return stdout
}

test('--list-streams as JSON and as Markdown has tier, key, methods, personal data and cost', async () => {
  const { streams } = JSON.parse(await listed('json')) as { streams: { stream: string }[] }
  assert.deepEqual(
    streams.map(({ stream }) => stream),
    STREAM_NAMES,
  )
  assert.deepEqual(
    streams.find(({ stream }) => stream === 'segment_counts'),
    {
      stream: 'segment_counts',
      tier: 'workspace',
      key_properties: ['segment_id', 'as_of'],
      replication_key: 'as_of',
      methods: ['INCREMENTAL'],
      personal_data: false,
      requests: '1 request for each segment',
    },
  )
  const [head, , ...rows] = (await listed('markdown')).trimEnd().split('\n')
  assert.equal(
    head,
    '| stream | tier | key | methods, default first | personal data | requests of one read |',
  )
  assert.equal(rows.length, STREAM_NAMES.length)
  assert.ok(
    rows.some((row) =>
      row.startsWith('| `sender_identities` | workspace | `id` | `FULL_TABLE` | yes |'),
    ),
  )
})
