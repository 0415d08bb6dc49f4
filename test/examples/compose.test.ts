/** The example for Docker Compose, as far as it can be checked without Docker. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { Logger } from '../../src/logger.ts'
import { parseConnection } from '../../src/runner/connection/connection.ts'
import { createSchedule } from '../../src/runner/schedule/schedule.ts'
import { isJsonObject, parseJson } from '../../src/singer/json.ts'
import { createWarehouse } from '../../src/warehouses/index.ts'
import { ROOT, run } from '../support/programs.ts'

const FOLDER = join(ROOT, 'examples', 'compose')

interface Service {
  image?: string
  build?: { context: string; dockerfile: string }
  command?: string[]
  environment: Record<string, string>
  volumes: string[]
  healthcheck?: { test: string[] }
  depends_on?: Record<string, { condition: string }>
  ports?: unknown
  security_opt?: string[]
  stop_grace_period?: string
}

interface Compose {
  services: Record<'catalog' | 'store' | 'sync', Service>
  volumes: Record<string, null>
}

async function read(name: string): Promise<string> {
  return readFile(join(FOLDER, name), 'utf8')
}

async function compose(): Promise<Compose> {
  return parse(await read('compose.yaml')) as Compose
}

function sorted(names: Iterable<string>): string[] {
  return [...new Set(names)].toSorted()
}

test('every variable of the compose file is in example.env, without a value', async () => {
  const needed = [...(await read('compose.yaml')).matchAll(/\$\{(\w+)/g)].map(
    ([, name = '']) => name,
  )
  const given = [...(await read('example.env')).matchAll(/^(\w+)=(.*)$/gm)]
  assert.deepEqual(sorted(given.map(([, name = '']) => name)), sorted(needed))
  assert.deepEqual(new Set(given.map(([, , value]) => value)), new Set(['']))
})

test('the services start in order, keep their data, and publish no port', async () => {
  const { services, volumes } = await compose()
  const { catalog, store, sync } = services
  for (const { healthcheck } of [catalog, store]) assert.equal(healthcheck?.test[0], 'CMD')
  // The entry point of the image prepares a new volume with a server that has no TCP port.
  assert.ok(catalog.healthcheck?.test.includes('--host=127.0.0.1'))
  assert.deepEqual(sync.security_opt, ['no-new-privileges:true'])
  assert.deepEqual(sync.depends_on, {
    catalog: { condition: 'service_healthy' },
    store: { condition: 'service_healthy' },
  })
  const named = Object.values(services).flatMap((service) =>
    service.volumes
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((name) => !/^[./]/.test(name)),
  )
  assert.deepEqual(sorted(named), sorted(Object.keys(volumes)))
  assert.ok(Object.values(services).every(({ ports }) => ports === undefined))
  assert.ok(Number.parseInt(sync.stop_grace_period ?? '', 10) > 30)
  const { context = '', dockerfile = '' } = sync.build ?? {}
  assert.match(await readFile(join(FOLDER, context, dockerfile), 'utf8'), /^FROM node:/m)
})

test('the connection is valid with the variables that its container gets, and fits the services', async () => {
  const { services } = await compose()
  const { catalog, store, sync } = services
  const file = parseJson(await read('connection.json'))
  assert.ok(isJsonObject(file))
  const secrets = { CUSTOMERIO_APP_API_KEY: 'key', CATALOG_PASSWORD: 'pw' }
  assert.ok(Object.keys(secrets).every((name) => Object.hasOwn(sync.environment, name)))
  const [, path = ''] = sync.volumes[0]?.split(':') ?? []
  const connection = parseConnection(file, path, secrets)
  assert.ok(createSchedule(connection.schedule, Date.now()).nextAfter(Date.now()))

  const { warehouse_url: url, table_prefix: tablePrefix } = connection.destination
  const logger = new Logger({ name: 'test', level: 'error', format: 'plain', write: () => {} })
  await createWarehouse({ url, schema: 'marketing', tablePrefix, isReadOnly: true, logger })
  const catalogUrl = new URL(url.replace(/^ducklake:/, ''))
  const { POSTGRES_USER: user, POSTGRES_DB: database } = catalog.environment
  assert.deepEqual(
    [catalogUrl.hostname, catalogUrl.username, catalogUrl.pathname],
    ['catalog', user, `/${database}`],
  )
  const bucket = store.environment['S3_BUCKET']
  assert.equal(catalogUrl.searchParams.get('data_path'), `s3://${bucket}/cio`)
  assert.equal(sync.environment['AWS_ENDPOINT_URL'], 'http://store:8333')
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
    assert.equal(sync.environment[name], store.environment[name])
  }
  const writable = [connection.dataFolder, catalogUrl.searchParams.get('extension_directory')]
  assert.ok(writable.every((folder) => folder?.startsWith('/data/')))
})

test('the sync gets the variables that its connection names, and others that the page of DuckLake names', async () => {
  const { environment } = (await compose()).services.sync
  const named = [...(await read('connection.json')).matchAll(/\$\{(\w+)\}/g)].map(
    ([, name = '']) => name,
  )
  const page = await readFile(join(ROOT, 'docs', 'warehouses', 'ducklake.md'), 'utf8')
  const given = Object.keys(environment)
  assert.deepEqual(
    named.filter((name) => !given.includes(name)),
    [],
  )
  const unknown = given.filter((name) => !named.includes(name) && !page.includes(`\`${name}\``))
  assert.deepEqual(unknown, [])
})

test('the commands of the compose file and of its page exist', async () => {
  const { sync } = (await compose()).services
  const [command = '', flag, path] = sync.command ?? []
  assert.deepEqual([flag, path], ['--connection', sync.volumes[0]?.split(':')[1]])
  const page = await read('README.md')
  const used = [...page.matchAll(/(?:customerio-sync|--rm sync) (\w+)/g)].map(
    ([, word = '']) => word,
  )
  const words = sorted([command, ...used.filter((word) => word !== 'loads')])
  assert.deepEqual(words, ['check', 'query', 'run', 'start', 'status'])
  for (const word of words) {
    const { code, stdout } = await run('customerio-sync', { args: [word, '--help'] })
    assert.equal(code, 0)
    assert.match(stdout, /--connection/)
  }
})
