/**
 * Names of tables and columns. A name stays as it is unless the database would change it, cut it or take it for another one; then
 * it gets a short hash of itself. Whoever came first keeps the plain name: that is read from the tables, so it holds in every later run.
 */

import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { ColumnKind } from './types.ts'

/** What resolving has to know of a database. */
export interface NameRules {
  /** Longest name in UTF-8 bytes. */
  maxNameBytes: number
  /** True where `Id` and `id` are two names. */
  isCaseSensitive: boolean
}

const MARK = '__h'
const HASH_DIGITS = 8
const HASHED = /__h[0-9a-f]{8}$/
// oxlint-disable-next-line no-control-regex -- finding what databases refuse is its purpose
const UNSTORABLE = /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Equal for two names that the database takes for one. */
export function foldName(name: string, rules: NameRules): string {
  return rules.isCaseSensitive ? name : name.normalize('NFC').toLowerCase()
}

/** The longest start of the text that fits, without cutting a character. */
function startOf(text: string, maxBytes: number): string {
  let bytes = 0
  let start = ''
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    start += character
  }
  return start
}

/** The name with a short hash of itself behind as much of it as fits. */
export function hashedName(name: string, rules: NameRules): string {
  // JSON keeps lone surrogates apart, which UTF-8 would make equal.
  const hash = createHash('sha256').update(JSON.stringify(name)).digest('hex').slice(0, HASH_DIGITS)
  const suffix = MARK + hash
  const storable = name.replace(UNSTORABLE, '\ufffd').replace(/^\ufeff/, '\ufffd')
  return startOf(storable, rules.maxNameBytes - suffix.length) + suffix
}

/** DuckDB's driver for Node drops a byte order mark at the start of every text that it reads. */
function isStorable(name: string, rules: NameRules): boolean {
  return (
    name !== '' &&
    !name.startsWith('\ufeff') &&
    Buffer.byteLength(name) <= rules.maxNameBytes &&
    name.search(UNSTORABLE) === -1
  )
}

/** Room behind the prefix: for the tables that loading keeps, `_sdc_rejects` the longest, and for the hash of a name. */
const ROOM_BYTES = 12

/** Throws CONFIG_INVALID for a prefix with which the tables could not be found again. */
export function checkPrefix(prefix: string, rules: NameRules): void {
  const longest = rules.maxNameBytes - ROOM_BYTES
  const bytes = Buffer.byteLength(prefix)
  if (bytes > longest) {
    throw new AppError(
      'CONFIG_INVALID',
      `\`table_prefix\` has ${bytes} bytes; names have at most ${rules.maxNameBytes}, which leaves it ${longest}.`,
    )
  }
  if (prefix !== '' && !isStorable(prefix, rules)) {
    throw new AppError(
      'CONFIG_INVALID',
      '`table_prefix` holds a character that no name can hold: U+0000, a lone surrogate or a leading U+FEFF.',
    )
  }
}

/** Names that exist, or are about to, in one table or one schema. */
export class NameSpace {
  readonly #rules: NameRules
  readonly #byFold = new Map<string, string>()
  readonly #exact = new Set<string>()

  constructor(rules: NameRules, existing: Iterable<string>) {
    this.#rules = rules
    for (const name of existing) this.add(name)
  }

  add(name: string): void {
    this.#exact.add(name)
    const fold = foldName(name, this.#rules)
    if (!this.#byFold.has(fold)) this.#byFold.set(fold, name)
  }

  has(name: string): boolean {
    return this.#exact.has(name)
  }

  /** True where the database would take the name for one that exists. */
  #isShadowed(name: string): boolean {
    return this.#byFold.has(foldName(name, this.#rules))
  }

  /**
   * The name under which `wanted` is, or will be, stored; and takes it.
   * @param isReserved true where the plain name belongs to something else, such as `_sdc_loads`.
   */
  resolve(wanted: string, isReserved = false): string {
    const hashed = hashedName(wanted, this.#rules)
    const isPlain =
      !isReserved &&
      !HASHED.test(wanted) &&
      isStorable(wanted, this.#rules) &&
      !this.has(hashed) &&
      (this.has(wanted) || !this.#isShadowed(wanted))
    const name = isPlain ? wanted : hashed
    this.add(name)
    return name
  }
}

/** The column beside `column` that takes what does not fit into it. */
export function variantName(column: string, kind: ColumnKind, rules: NameRules): string {
  const name = `${column}__${kind}`
  return Buffer.byteLength(name) <= rules.maxNameBytes ? name : hashedName(name, rules)
}

/** True for `amount__text` beside `amount`: the plain name is kept for that property's variant column. */
export function isVariantOfAnother(property: string, properties: ReadonlySet<string>): boolean {
  const match = /^(.+)__(boolean|integer|decimal|number|date|time|timestamp|text|json)$/su.exec(
    property,
  )
  return match?.[1] !== undefined && properties.has(match[1])
}
