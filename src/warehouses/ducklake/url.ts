/**
 * `ducklake:postgres://USER:PASSWORD@HOST/DATABASE?data_path=...` or `ducklake:FILE?data_path=...`.
 */

import { AppError } from '../../errors.ts'
import { afterScheme, hasServerCatalog } from '../../urls/warehouse-urls.ts'
import { LAKE_SETTINGS, parseUrl as parseDuckdbUrl } from '../duckdb/url.ts'
import { parseUrl as parsePostgresUrl, type PostgresUrl } from '../postgres/url.ts'

export interface DucklakeUrl {
  catalog: { kind: 'postgres'; url: PostgresUrl } | { kind: 'file'; path: string }
  /** Where new data files go: a folder, or a URL such as `s3://BUCKET/PREFIX`. */
  dataPath: string | undefined
  /** The schema of the catalog's tables; undefined for the database's default. */
  metadataSchema: string | undefined
  /** Settings of DuckDB, by DuckDB's names. */
  options: Record<string, string>
  /** False when nothing is merged or expired after a load. */
  isMaintained: boolean
  /** True when nothing else has files below the data path, so that unknown ones may be removed. */
  removesOrphans: boolean
  /** After how many hours snapshots expire; undefined for the options of the lake itself. */
  expireHours: number | undefined
  /** How long to wait for tables, or a catalog file, that another process holds. */
  lockWaitMs: number
}

/** Options of the lake. All others belong to the catalog. */
const LAKE_OPTIONS = [
  'data_path',
  'metadata_schema',
  'maintenance',
  'expire_older_than',
  'remove_orphans',
] as const
const MIN_EXPIRE_HOURS = 24
const HINT =
  'Write ducklake:postgres://USER:PASSWORD@HOST/DATABASE?data_path=s3://BUCKET/PREFIX, or ducklake:FILE?data_path=FOLDER.'
/** Schemes that DuckDB itself reads and writes, or that an extension of its own adds. */
const DATA_SCHEMES = new Set(['s3', 'gs', 'gcs', 'r2', 'az', 'azure', 'abfss'])

function refusal(sentence: string): AppError {
  return new AppError('CONFIG_INVALID', sentence, { hint: HINT })
}

/** Splits our options from those of the catalog, which keep their spelling. */
function splitOptions(text: string): { catalog: string; options: Map<string, string> } {
  const [location = '', ...rest] = text.split('?')
  const options = new Map<string, string>()
  const others: string[] = []
  for (const part of rest.join('?').split('&').filter(Boolean)) {
    const [[name = '', value = ''] = []] = new URLSearchParams(part)
    const isOurs = [...LAKE_OPTIONS, ...LAKE_SETTINGS].includes(name)
    if (!isOurs) others.push(part)
    else if (value === '' || options.has(name)) {
      throw refusal(`\`${name}\` in \`warehouse_url\` is empty or given twice.`)
    } else options.set(name, value)
  }
  return { catalog: [location, others.join('&')].filter(Boolean).join('?'), options }
}

/** The scheme of a data path, in lower case; undefined for a folder. */
export function dataSchemeOf(path: string): string | undefined {
  return /^([a-z][a-z\d+.-]*):\/\//i.exec(path)?.[1]?.toLowerCase()
}

function checkDataPath(path: string | undefined): void {
  if (path === undefined) return
  if (/\p{Cc}/u.test(path)) {
    throw refusal('`data_path` in `warehouse_url` has a control character.')
  }
  const scheme = dataSchemeOf(path)
  if (scheme === undefined || DATA_SCHEMES.has(scheme)) return
  throw refusal(
    `\`data_path\` in \`warehouse_url\` begins with ${JSON.stringify(`${scheme}://`)}; known are a folder, ${[...DATA_SCHEMES].map((known) => `${known}://`).join(', ')}.`,
  )
}

function parseMaintenance(
  options: ReadonlyMap<string, string>,
): Pick<DucklakeUrl, 'isMaintained' | 'expireHours' | 'removesOrphans'> {
  const isOn = (name: string, otherwise: 'on' | 'off'): boolean => {
    const value = options.get(name) ?? otherwise
    if (['on', 'off'].includes(value)) return value === 'on'
    throw refusal(`\`${name}\` in \`warehouse_url\` must be on or off.`)
  }
  const age = options.get('expire_older_than')
  const [, count = '', unit] = /^(\d{1,5})([hd])$/.exec(age ?? '') ?? []
  if (age !== undefined && unit === undefined) {
    throw refusal(
      '`expire_older_than` in `warehouse_url` must be hours or days, such as 36h or 7d.',
    )
  }
  const expireHours = age === undefined ? undefined : Number(count) * (unit === 'd' ? 24 : 1)
  // DuckLake finds conflicts by the snapshots since a transaction began.
  if (expireHours !== undefined && expireHours < MIN_EXPIRE_HOURS) {
    throw refusal('`expire_older_than` in `warehouse_url` must be at least 24h.')
  }
  return {
    isMaintained: isOn('maintenance', 'on'),
    removesOrphans: isOn('remove_orphans', 'off'),
    expireHours,
  }
}

/** Refuses what is no file as for a DuckDB file, and says how to write the URL of a lake. */
function parseCatalogFile(catalog: string): ReturnType<typeof parseDuckdbUrl> {
  try {
    return parseDuckdbUrl(`duckdb:${catalog}`)
  } catch (error) {
    throw error instanceof AppError ? refusal(error.message) : error
  }
}

/** Throws CONFIG_INVALID for an unknown option or an invalid value. Never quotes a password. */
export function parseUrl(url: string, env: NodeJS.ProcessEnv): DucklakeUrl {
  const { catalog, options } = splitOptions(afterScheme(url))
  const dataPath = options.get('data_path')
  checkDataPath(dataPath)
  const metadataSchema = options.get('metadata_schema')
  const settings = [...options].filter(([name]) => LAKE_SETTINGS.includes(name))
  const common = {
    dataPath,
    metadataSchema,
    options: Object.fromEntries(settings),
    ...parseMaintenance(options),
  }
  if (hasServerCatalog(url)) {
    const parsed = parsePostgresUrl(catalog, env)
    if (parsed.isBindingRequired) {
      throw refusal('`channel_binding=require` in `warehouse_url` cannot be kept for a lake.')
    }
    return { ...common, catalog: { kind: 'postgres', url: parsed }, lockWaitMs: parsed.lockWaitMs }
  }
  if (metadataSchema !== undefined) {
    throw refusal('`metadata_schema` in `warehouse_url` needs a catalog in PostgreSQL.')
  }
  const { path, lockWaitMs, options: more } = parseCatalogFile(catalog)
  const all = { ...common.options, ...more }
  return { ...common, options: all, catalog: { kind: 'file', path }, lockWaitMs }
}

/**
 * The same lake with connections that wait until a commit is on disk. Without it, a crash may lose
 * a commit whose STATE was already printed.
 */
export function withSafeCommits(lake: DucklakeUrl): DucklakeUrl {
  const { catalog } = lake
  if (catalog.kind === 'file') return lake
  const options = [catalog.url.options, '-c synchronous_commit=on'].filter(Boolean).join(' ')
  return { ...lake, catalog: { ...catalog, url: { ...catalog.url, options } } }
}
