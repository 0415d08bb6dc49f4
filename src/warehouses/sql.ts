/**
 * SQL as a tree of text, names and values. Raw SQL comes only from the text of a template, so
 * neither a name nor a value can become syntax. Names and values are quoted in the style of a
 * database when the tree is rendered. Our own code, because statements are written out in full and
 * reviewed in golden files, which needs no query builder.
 */

export type SqlValue = string | number | bigint | boolean | null

type Part =
  | { kind: 'text'; text: string }
  | { kind: 'name'; path: readonly string[] }
  | { kind: 'literal'; value: SqlValue }
  | { kind: 'parameter'; value: SqlValue }

/** A piece of SQL. Only the functions of this file create one. */
export class Sql {
  readonly #parts: readonly Part[]

  private constructor(parts: readonly Part[]) {
    this.#parts = parts
  }

  /** For the functions of this file. */
  static of(parts: readonly Part[]): Sql {
    return new Sql(parts)
  }

  get parts(): readonly Part[] {
    return this.#parts
  }
}

/** How a database writes names, strings and parameters. */
export interface SqlStyle {
  name: (name: string) => string
  text: (text: string) => string
  /** @param position Counted from 1. */
  parameter: (position: number) => string
}

function doubled(text: string, quote: string): string {
  return quote + text.replaceAll(quote, quote + quote) + quote
}

/** Standard SQL: `"name"`, `'text'`, `$1`. */
export const STANDARD_STYLE: SqlStyle = {
  name: (name) => doubled(name, '"'),
  text: (text) => doubled(text, "'"),
  parameter: (position) => `$${position}`,
}

/** A statement or a piece of one. Only other pieces can be interpolated. */
export function sql(strings: TemplateStringsArray, ...pieces: readonly Sql[]): Sql {
  const parts: Part[] = []
  for (const [at, text] of strings.entries()) {
    parts.push({ kind: 'text', text })
    const piece = pieces[at]
    if (piece) parts.push(...piece.parts)
  }
  return Sql.of(parts)
}

/** A quoted name. Several parts make a qualified name. */
export function id(...path: readonly string[]): Sql {
  return Sql.of([{ kind: 'name', path }])
}

/**
 * The name of a type exactly as the database returned it, quotes included; never from another
 * source.
 */
export function typeName(name: string): Sql {
  return Sql.of([{ kind: 'text', text: name }])
}

/**
 * SQL exactly as the database returned it, such as the definition of a view; never from another
 * source.
 */
export function returnedSql(text: string): Sql {
  return Sql.of([{ kind: 'text', text }])
}

/** A value written into the statement, for places where the database accepts no parameter. */
export function lit(value: SqlValue): Sql {
  return Sql.of([{ kind: 'literal', value }])
}

/** A value sent next to the statement. */
export function param(value: SqlValue): Sql {
  return Sql.of([{ kind: 'parameter', value }])
}

/** The pieces with a separator between them. */
export function list(pieces: readonly Sql[], separator: Sql = sql`, `): Sql {
  return Sql.of(
    pieces.flatMap((piece, at) => (at === 0 ? piece.parts : [...separator.parts, ...piece.parts])),
  )
}

function literalText(value: SqlValue, style: SqlStyle): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return style.text(value)
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new RangeError(`${value} has no SQL literal`)
  }
  return String(value)
}

/** The statement's text and the values of its parameters, in order. */
export function render(statement: Sql, style: SqlStyle): { text: string; values: SqlValue[] } {
  const values: SqlValue[] = []
  const texts = statement.parts.map((part) => {
    switch (part.kind) {
      case 'text':
        return part.text
      case 'name':
        return part.path.map((name) => style.name(name)).join('.')
      case 'literal':
        return literalText(part.value, style)
      case 'parameter':
        values.push(part.value)
        return style.parameter(values.length)
    }
  })
  return { text: texts.join(''), values }
}
