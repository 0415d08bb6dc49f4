import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { parseConnection } from '../../src/runner/connection/connection.ts'
import { createSchedule } from '../../src/runner/schedule/schedule.ts'
import { isJsonObject, parseJson, type JsonValue } from '../../src/singer/json.ts'
import {
  collect,
  ROOT,
  start,
  temporaryFolder,
  writeJson,
  type Finished,
} from '../support/programs.ts'
import { bounded, until } from '../support/wait.ts'
import { setUp } from './support/runner.ts'

const EXAMPLES = join(ROOT, 'examples')
const PROGRAM = '/usr/local/bin/customerio-sync'

/** The value at a path of names and indexes. */
function at(value: JsonValue | undefined, ...path: (string | number)[]): JsonValue | undefined {
  let found = value
  for (const step of path) {
    if (Array.isArray(found)) found = found[Number(step)]
    else
      found = isJsonObject(found ?? null) ? (found as Record<string, JsonValue>)[step] : undefined
  }
  return found
}

async function shell(script: string, cwd: string, env: Record<string, string>): Promise<Finished> {
  const { TEST_RUN = '', TMPDIR = '/tmp' } = process.env
  const child = spawn('/bin/sh', ['-c', script], {
    cwd,
    env: { TEST_RUN, TMPDIR, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: bounded(3000),
  })
  child.stdin.end()
  return collect(child)
}

/** A folder for the PATH that holds customerio-sync, as an installation does, and node. */
async function programFolder(t: TestContext): Promise<string> {
  const folder = join(await temporaryFolder(t), 'bin')
  await mkdir(folder)
  await symlink(join(ROOT, 'bin', 'customerio-sync.js'), join(folder, 'customerio-sync'))
  return folder
}

test('systemd accepts the unit, stops it in time, and treats 143 as a clean exit', async (t) => {
  const unit = await readFile(join(EXAMPLES, 'systemd/customerio-sync.service'), 'utf8')
  const values = new Map(
    [...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  )
  assert.equal(values.get('KillMode'), 'mixed')
  assert.equal(values.get('SuccessExitStatus'), '143')
  assert.ok(Number(values.get('TimeoutStopSec')) > 30)
  const [program, ...args] = values.get('ExecStart')?.split(' ') ?? []
  assert.equal(program, PROGRAM)
  assert.equal(args[0], 'start')
  const folder = await temporaryFolder(t)
  const path = join(folder, 'customerio-sync.service')
  const { status: hasSystemd } = spawnSync('systemd-analyze', ['--version'])
  if (hasSystemd !== 0) {
    t.diagnostic('no systemd-analyze here')
    return
  }
  await writeFile(path, unit.replaceAll(PROGRAM, '/bin/true'))
  const verified = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
  assert.deepEqual([verified.status, verified.stderr], [0, ''])
})

test('the crontab line syncs with the bare environment of cron, and a concurrent one ends with 5', async (t) => {
  const setup = await setUp(t, { sandbox: { latency: { fixedMs: 300 } } })
  const crontab = await readFile(join(EXAMPLES, 'cron/crontab'), 'utf8')
  const line = /^7 \*\/3 \* \* \* (.*)$/m.exec(crontab)?.[1] ?? ''
  assert.match(crontab, /^PATH=/m)
  assert.ok(!/(?<!\\)%/.test(line), 'cron ends the command at %')
  const connection = parseJson(await readFile(setup.path, 'utf8'))
  const source = at(connection, 'source') as object
  await writeJson(setup.folder, 'connection.json', {
    ...(connection as object),
    source: { ...source, app_api_key: '${CUSTOMERIO_APP_API_KEY}' },
  })
  await writeFile(
    join(setup.folder, 'environment'),
    `CUSTOMERIO_APP_API_KEY=${setup.sandbox.apiKey}\n`,
  )
  const PATH = `${await programFolder(t)}:${dirname(process.execPath)}:/usr/bin:/bin`
  const env = { PATH, HOME: setup.folder, LOGNAME: 'sync', SHELL: '/bin/sh' }
  const first = shell(line, '/', env)
  await until(() => setup.sandbox.requests.length > 0, { what: 'a request' })
  const second = await shell(line, '/', env)
  const log = await readFile(join(setup.folder, 'sync.log'), 'utf8')
  assert.deepEqual([second.code, (await first).code], [5, 0], log)
  assert.match(log, /This connection has been running since/)
})

interface Instruction {
  word: string
  rest: string
}

async function dockerfile(): Promise<Instruction[]> {
  const text = await readFile(join(EXAMPLES, 'docker/Dockerfile'), 'utf8')
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const word = line.split(' ', 1)[0] ?? ''
    return { word, rest: line.slice(word.length + 1) }
  })
}

const HEALTH = /CMD (\[.*\])$/

test('the Dockerfile runs without root and without a shell on glibc, with a health check', async (t) => {
  const instructions = await dockerfile()
  const last = (word: string) => instructions.findLast((one) => one.word === word)?.rest ?? ''
  for (const { rest } of instructions.filter(({ word }) => word === 'FROM'))
    assert.match(rest, /^node:\d+-bookworm-slim/)
  assert.equal(last('USER'), 'node')
  assert.deepEqual(JSON.parse(last('ENTRYPOINT')), ['customerio-sync'])
  const command = JSON.parse(last('CMD')) as string[]
  const [, json = ''] = HEALTH.exec(last('HEALTHCHECK')) ?? []
  const [node, ...health] = JSON.parse(json) as string[]
  assert.equal(node, 'node')

  const setup = await setUp(t, { connection: { schedule: { type: 'basic', every: '1h' } } })
  const args = command.map((arg) => arg.replace('/data', setup.folder))
  const port = args.at(-1) ?? ''
  const child = start('customerio-sync', { args: [...args.slice(0, -1), '0'], cwd: setup.folder })
  t.after(() => child.kill('SIGKILL'))
  let seen = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (seen += chunk))
  const ended = collect(child)
  await until(() => /port=\d+/.test(seen), { what: 'the port of the metrics' })
  // The port of the image may be in use here.
  const free = /port=(\d+)/.exec(seen)?.[1] ?? ''
  const isHealthy = () =>
    spawnSync(
      process.execPath,
      health.map((arg) => arg.replace(`:${port}/`, `:${free}/`)),
    ).status
  assert.equal(isHealthy(), 0)
  child.kill('SIGTERM')
  assert.equal((await ended).code, 143)
  assert.equal(isHealthy(), 1)
})

async function documents(name: string): Promise<JsonValue[]> {
  const parsed = parseAllDocuments(await readFile(join(EXAMPLES, 'kubernetes', name), 'utf8'))
  return parsed.map((document) => {
    assert.deepEqual(document.errors, [])
    return document.toJS() as JsonValue
  })
}

function assertPod(pod: JsonValue | undefined): void {
  const container = at(pod, 'containers', 0)
  assert.ok(Number(at(pod, 'terminationGracePeriodSeconds')) > 30)
  assert.equal(at(pod, 'securityContext', 'runAsNonRoot'), true)
  assert.deepEqual(at(container, 'securityContext'), {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  assert.deepEqual(at(container, 'envFrom'), [{ secretRef: { name: 'customerio-sync' } }])
  const mounts = at(container, 'volumeMounts') as JsonValue[]
  const volumes = at(pod, 'volumes') as JsonValue[]
  const names = (list: JsonValue[]) => new Set(list.map((one) => at(one, 'name')))
  assert.deepEqual(names(mounts), names(volumes))
}

test('the Kubernetes manifests allow one run at a time, hold no key, and contain a valid connection', async () => {
  const [secret, config, claim, deployment] = await documents('deployment.yaml')
  assert.deepEqual(
    [secret, config, claim, deployment].map((document) => at(document, 'kind')),
    ['Secret', 'ConfigMap', 'PersistentVolumeClaim', 'Deployment'],
  )
  assert.equal(at(deployment, 'spec', 'replicas'), 1)
  assert.equal(at(deployment, 'spec', 'strategy', 'type'), 'Recreate')
  const pod = at(deployment, 'spec', 'template', 'spec')
  assertPod(pod)
  assert.deepEqual(
    at(deployment, 'spec', 'selector', 'matchLabels'),
    at(deployment, 'spec', 'template', 'metadata', 'labels'),
  )

  const text = at(config, 'data', 'connection.json') as string
  const file = parseJson(text)
  assert.ok(isJsonObject(file))
  const env = at(secret, 'stringData') as Record<string, string>
  const connection = parseConnection(file, '/etc/customerio-sync/connection.json', env)
  assert.equal(connection.dataFolder, '/data/history')
  assert.ok(createSchedule(connection.schedule, Date.now()).nextAfter(Date.now()))

  const [job] = await documents('cronjob.yaml')
  assert.equal(at(job, 'spec', 'concurrencyPolicy'), 'Forbid')
  assert.equal(at(job, 'spec', 'jobTemplate', 'spec', 'backoffLimit'), 0)
  const jobPod = at(job, 'spec', 'jobTemplate', 'spec', 'template', 'spec')
  assert.equal(at(jobPod, 'restartPolicy'), 'Never')
  assertPod(jobPod)
  for (const [one, word] of [
    [pod, 'start'],
    [jobPod, 'run'],
  ] as const) {
    const args = at(one, 'containers', 0, 'args') as string[]
    assert.deepEqual(args.slice(0, 3), [
      word,
      '--connection',
      '/etc/customerio-sync/connection.json',
    ])
  }
})
