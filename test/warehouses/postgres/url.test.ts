import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { parseUrl } from '../../../src/warehouses/postgres/url.ts'

function part(url: string, env: NodeJS.ProcessEnv = {}): unknown[] {
  const { host, port, user, password, database } = parseUrl(url, env)
  return [host, port, user, password, database]
}

function mode(url: string, env: NodeJS.ProcessEnv = {}): string {
  return parseUrl(url, env).sslMode
}

test('prefers options of the URL to its parts, and its parts to the PG* variables', () => {
  const env = { PGHOST: 'h', PGPORT: '1', PGUSER: 'u', PGPASSWORD: 'p', PGDATABASE: 'd' }
  assert.deepEqual(part('postgres://a%40b:c%3Ad@e.example:6/f%20g'), [
    'e.example',
    6,
    'a@b',
    'c:d',
    'f g',
  ])
  assert.deepEqual(part('postgresql:', env), ['h', 1, 'u', 'p', 'd'])
  assert.deepEqual(part('postgres://x/y', env), ['x', 1, 'u', 'p', 'y'])
  assert.deepEqual(part('postgres:///y?host=/run/pg&user=me'), [
    '/run/pg',
    5432,
    'me',
    undefined,
    'y',
  ])
  assert.deepEqual(part('postgres://me@%2Frun%2Fpg/y'), ['/run/pg', 5432, 'me', undefined, 'y'])
  assert.deepEqual(part('postgres://me@[::1]:7'), ['::1', 7, 'me', undefined, 'me'])
})

test('reads a plus as a plus in the password and as a blank elsewhere, and accepts @ in a known option', () => {
  const url = 'postgres://h/d?user=me@host&password=a+b%2Bc&application_name=x%20y&options=-c+a%3Db'
  assert.deepEqual(part(url), ['h', 5432, 'me@host', 'a+b+c', 'd'])
  assert.equal(parseUrl(url, {}).applicationName, 'x y')
  assert.equal(parseUrl(url, {}).options, '-c a=b')
})

test('uses sslmode=verify-full for remote hosts', () => {
  for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '[::1]', '%2Ftmp']) {
    assert.equal(mode(`postgres://${host}/d`), 'prefer', host)
  }
  for (const host of ['db.example', '10.0.0.1', '128.0.0.1', '127.0.0.1.example', '[::2]']) {
    assert.equal(mode(`postgres://${host}/d`), 'verify-full', host)
  }
  assert.equal(mode('postgres://db.example/d', { PGSSLMODE: 'require' }), 'require')
  assert.equal(mode('postgres://db.example/d?sslmode=disable', { PGSSLMODE: 'require' }), 'disable')
})

test('refuses unknown options and invalid values without showing the password', () => {
  const cases: [url: string, text: RegExp][] = [
    ['postgres://u:secret@h/d?sslmode=on', /`sslmode` must be one of disable, allow/],
    ['postgres://u:secret@h/d?pool=1', /option "pool"; known are host, port/],
    ['postgres://u:sec%ret@h/d', /%25, also in the password/],
    ['postgres://u:secret@h/d?port=x', /whole number from 1 to 65535/],
    ['postgres://u:secret@a,b/d', /several hosts/],
    ['postgres://u:secret@a:1,b:2/d?target_session_attrs=read-write', /several hosts/],
    ['postgres://u:12?secret=secret@h/d', /Write # as %23, \? as %3F/],
    ['postgres://u:secret@h/d?lock_wait_seconds=-1', /`lock_wait_seconds` must be a number/],
    ['postgres://u:secret@h:99999/d', /is not a URL/],
    ['postgres://u:12?secret@h/d', /Write # as %23, \? as %3F/],
    ['postgres://u:12/secret@h/d', /Write # as %23/],
    ['postgres://u:12#secret@h/d', /Write # as %23/],
    ['postgres://u:secret@h/d%00e', /NUL character \(%00\)/],
    ['postgres://u:secret%00@h/d', /NUL character \(%00\)/],
    ['postgres://h/d?channel_binding=secret', /`channel_binding` of .* must be disable, prefer or/],
    ['postgres://h/d?gssencmode=require', /`gssencmode` of .* must be disable or prefer.*leave it/],
    ['postgres://h/d?client_encoding=latin1', /must be utf8 or auto\..*leave it out/],
    ['postgres://h/d?target_session_attrs=standby', /because a load writes\./],
    ['postgres://h/d?keepalives=yes', /`keepalives` of `warehouse_url` must be 0 or 1\./],
    ['postgres://h/d?keepalives_idle=x', /must be a whole number\./],
    ['postgres://h/d?sslnegotiation=direct', /must be postgres\./],
    ['postgres://h/d?ssl_min_protocol_version=SSLv3', /must be TLSv1, TLSv1\.1/],
    ['postgres://h/d?requirepeer=me', /option "requirepeer"; known are host.*Leave the option out/],
    ['postgres://h/d?require_auth=md5', /option "require_auth"/],
    ['postgres://h/d?pgbouncer=true', /option "pgbouncer"; .*Leave the option out/],
  ]
  for (const [url, text] of cases) {
    assert.throws(
      () => parseUrl(url, {}),
      (error) => {
        assert.ok(error instanceof AppError && error.code === 'CONFIG_INVALID', String(error))
        assert.match(error.fullText, text)
        assert.doesNotMatch(error.fullText, /secret|sec%/)
        return true
      },
    )
  }
})

test('accepts options of libpq, and names those without an effect', () => {
  for (const option of [
    'sslmode=require&channel_binding=prefer',
    'channel_binding=disable',
    'application_name=cio&fallback_application_name=x',
    'target_session_attrs=any',
    'target_session_attrs=read-write',
    'target_session_attrs=primary',
    'keepalives=1&keepalives_idle=60',
    'gssencmode=disable',
    'gssencmode=prefer&gssdelegation=0',
    'client_encoding=utf8',
    'client_encoding=UTF-8',
    'client_encoding=auto',
    'sslcompression=0&sslsni=1&sslnegotiation=postgres',
    'ssl_min_protocol_version=TLSv1.2',
    'load_balance_hosts=disable',
  ])
    assert.deepEqual(parseUrl(`postgres://h/d?${option}`, {}).ignored, [], option)
  const without = 'keepalives_count=3&keepalives_interval=5&tcp_user_timeout=1000&krbsrvname=x'
  assert.deepEqual(parseUrl(`postgres://h/d?${without}&sslcompression=1`, {}).ignored, [
    'keepalives_count',
    'keepalives_interval',
    'tcp_user_timeout',
    'krbsrvname',
    'sslcompression',
  ])
})

function optionsOf(option: string, env: NodeJS.ProcessEnv = {}): ReturnType<typeof parseUrl> {
  return parseUrl(`postgres://h/d?${option}`, env)
}

test('follows options of libpq that have an effect', () => {
  const usual = parseUrl('postgres://h/d', {})
  assert.equal(usual.isBindingRequired, false)
  assert.equal(optionsOf('sslmode=require&channel_binding=require').isBindingRequired, true)
  assert.equal(optionsOf('', { PGCHANNELBINDING: 'require' }).isBindingRequired, true)
  assert.equal(
    optionsOf('channel_binding=prefer', { PGCHANNELBINDING: 'require' }).isBindingRequired,
    false,
  )
  assert.equal(usual.applicationName, undefined)
  assert.equal(optionsOf('application_name=cio').applicationName, 'cio')
  assert.equal(usual.keepAliveDelayMs, 30_000)
  assert.equal(optionsOf('keepalives_idle=7').keepAliveDelayMs, 7000)
  assert.equal(optionsOf('keepalives_idle=0').keepAliveDelayMs, 30_000)
  assert.equal(optionsOf('keepalives=0&keepalives_idle=7').keepAliveDelayMs, undefined)
  assert.equal(usual.minTlsVersion, 'TLSv1.2')
  assert.equal(optionsOf('ssl_min_protocol_version=TLSv1.1').minTlsVersion, 'TLSv1.2')
  assert.equal(optionsOf('ssl_min_protocol_version=TLSv1.3').minTlsVersion, 'TLSv1.3')
  assert.equal(optionsOf('passfile=/p').passFile, '/p')
})
