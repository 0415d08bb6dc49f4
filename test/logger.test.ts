import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogger, escapeControls, Logger, type LoggerOptions } from '../src/logger.ts'
import { run, temporaryFolder } from './support/programs.ts'

function logTo(lines: string[], options: Partial<LoggerOptions> = {}): Logger {
  const write = (line: string) => void lines.push(line)
  return new Logger({ name: 'tap', level: 'info', format: 'plain', write, ...options })
}

test('writes one plain line per event, with its fields', () => {
  const lines: string[] = []
  const logger = logTo(lines)
  logger.info('stopped', 'Read campaigns.', {
    stream: 'campaigns',
    records: 3,
    note: 'two words',
    no: undefined,
  })
  logger.metric({ type: 'counter', metric: 'record_count', value: 3, tags: { stream: 'x' } })
  assert.deepEqual(lines, [
    'INFO Read campaigns. stream=campaigns records=3 note="two words"\n',
    'INFO METRIC: {"type":"counter","metric":"record_count","value":3,"tags":{"stream":"x"}}\n',
  ])
})

test('skips events below the level', () => {
  const lines: string[] = []
  const logger = logTo(lines, { level: 'warning' })
  logger.debug('stopped', 'a')
  logger.info('stopped', 'b')
  logger.warn('stopped', 'c')
  logger.error('stopped', 'd')
  logger.critical('stopped', 'e')
  assert.deepEqual(lines, ['WARNING c\n', 'ERROR d\n', 'CRITICAL e\n'])
})

const SECRET = 'p@ss word/+=ü'
const FORMS: [string, string][] = [
  ['as it is', SECRET],
  ['encoded for a URL', encodeURIComponent(SECRET)],
  ['encoded for a URL in small letters', 'p%40ss%20word%2f%2b%3d%c3%bc'],
  ['in base64', Buffer.from(SECRET).toString('base64')],
  ['in base64 for URLs', Buffer.from(SECRET).toString('base64url')],
  ['in hex', Buffer.from(SECRET).toString('hex')],
]

for (const [title, form] of FORMS) {
  test(`masks a secret ${title}, in plain lines and in JSON`, () => {
    for (const format of ['plain', 'json'] as const) {
      const lines: string[] = []
      const logger = logTo(lines, { format })
      logger.mask(SECRET)
      logger.error('stopped', `The server said ${form}.`, { stream: 's', detail: form })
      assert.equal(lines.join('').includes(form), false)
      assert.match(lines.join(''), /The server said \*\*\*=*\./)
    }
  })
}

test('masks a secret that is base64-encoded together with a name', () => {
  for (const name of ['a', 'ab', 'abc']) {
    const lines: string[] = []
    const logger = logTo(lines)
    logger.mask(SECRET)
    logger.info('stopped', `Basic ${Buffer.from(`${name}:${SECRET}:end`).toString('base64')}`)
    assert.match(lines.join(''), /^INFO Basic \w{1,7}\*\*\*[\w/+]{1,6}={0,2}\n$/)
  }
})

test('masks a secret with a quote or a backslash in JSON lines too', () => {
  for (const secret of ['ab"cd', 'ab\\cd']) {
    const lines: string[] = []
    const logger = logTo(lines, { format: 'json' })
    logger.mask(secret)
    logger.info('stopped', `It was ${secret}.`)
    assert.equal((JSON.parse(lines[0] ?? '') as { message: string }).message, 'It was ***.')
  }
})

test('does not mask short strings', () => {
  const lines: string[] = []
  const logger = logTo(lines)
  logger.mask('')
  logger.mask('abc')
  logger.info('stopped', 'abc')
  assert.deepEqual(lines, ['INFO abc\n'])
})

test('escapes control and bidirectional characters, so that a line stays one line', () => {
  assert.equal(
    escapeControls('a\nb\r\u001b[31m\u0000\u2028\u202e\u200f\u061c é 新 🎉'),
    'a\\u000ab\\u000d\\u001b[31m\\u0000\\u2028\\u202e\\u200f\\u061c é 新 🎉',
  )
  const lines: string[] = []
  logTo(lines).info('stopped', 'name\nINFO forged', { stream: 'x\ny' })
  assert.equal(lines.join('').split('\n').length, 2)
})

test('W-17: writes the eight keys that Meltano reads', () => {
  const lines: string[] = []
  logTo(lines, { format: 'json' }).warn('stopped', 'Waited.', { stream: 'campaigns', seconds: 3 })
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  assert.ok(Math.abs(Number(line['ts']) - Date.now() / 1000) < 60)
  assert.deepEqual(
    { ...line, ts: 0 },
    {
      level: 'warning',
      pid: process.pid,
      logger_name: 'tap',
      ts: 0,
      thread_name: 'MainThread',
      app_name: 'tap',
      stream_name: 'campaigns',
      message: 'Waited.',
      extra: { event_code: 'stopped', seconds: 3 },
    },
  )
})

test("writes JSON lines under Meltano, at Meltano's log level", async (t) => {
  const path = join(await temporaryFolder(t), 'logging.yml')
  await writeFile(path, 'formatters: {json: {(): singer_sdk.logging.StructuredFormatter}}')
  const { stderr } = await run('tap-customerio', { env: { SINGER_SDK_LOG_CONFIG: path } })
  assert.equal((JSON.parse(stderr) as { level: string }).level, 'critical')
  assert.ok(createLogger('tap-customerio', { TAP_CUSTOMERIO_LOGLEVEL: 'nonsense' }))
})

/** The keys of a stack frame that `SingerSDKLogParser` and the SDK's log schema require. */
interface Frame {
  filename: string
  function: string
  lineno: number
  line: string
}

test('T-14: logs a bug with its stack: as the SDK does in JSON, as one line in plain text', () => {
  const lines: string[] = []
  logTo(lines, { format: 'json' }).unexpected('Unexpected error', new TypeError('no such\nthing'))
  assert.equal(lines.length, 1)
  const line = JSON.parse(lines[0] ?? '') as {
    level: string
    message: string
    exception: { type: string; module: string; message: string; traceback: Frame[] }
  }
  assert.equal(line.level, 'critical')
  assert.equal(line.message, 'Unexpected error: no such\nthing')
  const { traceback, ...exception } = line.exception
  assert.deepEqual(exception, { type: 'TypeError', module: 'node', message: 'no such\nthing' })
  assert.ok(traceback.length > 0)
  assert.match(traceback[0]?.filename ?? '', /logger\.test\.[jt]s$/)
  for (const frame of traceback) {
    assert.deepEqual(
      Object.entries(frame).map(([key, value]) => [key, typeof value]),
      [
        ['filename', 'string'],
        ['function', 'string'],
        ['lineno', 'number'],
        ['line', 'string'],
      ],
    )
  }
  const plain: string[] = []
  logTo(plain).unexpected('Unexpected error', new TypeError('no such thing'))
  assert.match(
    plain.join(''),
    /^CRITICAL Unexpected error: TypeError: no such thing\\u000a {4}at .*\n$/,
  )
  assert.equal(plain.join('').split('\n').length, 2)
})

test("T-14: takes the level from the program's variable, then LOGLEVEL, then Meltano's file", async (t) => {
  const path = join(await temporaryFolder(t), 'logging.json')
  const formatter = { '()': 'singer_sdk.logging.StructuredFormatter' }
  const config = {
    version: 1,
    formatters: { singer_formatter: formatter },
    root: { level: 'DEBUG' },
  }
  await writeFile(path, JSON.stringify(config))
  const args = ['--config', 'missing.json']
  const critical = async (env: Record<string, string>) => {
    const { stderr } = await run('tap-customerio', { args, env })
    return stderr.startsWith('{')
  }
  assert.equal(await critical({ SINGER_SDK_LOG_CONFIG: path }), true)
  const levels = [
    [{ SINGER_SDK_LOG_CONFIG: path }, 'debug'],
    [{ SINGER_SDK_LOG_CONFIG: path, LOGLEVEL: 'WARNING' }, 'warning'],
    [{ LOGLEVEL: 'warning', TAP_CUSTOMERIO_LOGLEVEL: 'error' }, 'error'],
    [{ SINGER_SDK_LOG_CONFIG: 'missing.json' }, 'info'],
  ] as const
  for (const [env, level] of levels) assert.equal(createLogger('tap-customerio', env).level, level)
})
