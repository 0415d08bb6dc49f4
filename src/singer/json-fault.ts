/**
 * Where a text stops being valid JSON, and what was expected there. Our own parser, because
 * `JSON.parse` does not always report the position, and quotes the text, which may contain a
 * secret.
 */

export interface JsonFault {
  /** Counted from 1. */
  line: number
  /** Counted from 1, in characters of the line. */
  column: number
  /** Completes "expected ...". */
  expected: string
}

const SPACE = /[ \t\r\n]*/y
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const WORD_CHAR = /[\w.+-]/
const QUOTE = 34
const BACKSLASH = 92
const FIRST_PRINTABLE = 32

type Expected = 'value' | 'valueOrEnd' | 'name' | 'nameOrEnd' | 'colon' | 'commaOrEnd'

/** Parses a text with an explicit stack, so that any depth is accepted. */
class Walk {
  at = 0
  readonly #text: string
  readonly #open: ('{' | '[')[] = []
  #expected: Expected = 'value'

  constructor(text: string) {
    this.#text = text
  }

  /** What was expected at `at`; undefined at the end of a valid text. */
  run(): string | undefined {
    for (;;) {
      this.#match(SPACE)
      if (this.#expected === 'commaOrEnd' && this.#open.length === 0) {
        return this.at === this.#text.length ? undefined : 'the end of the file'
      }
      const fault = this.#step()
      if (fault !== undefined) return fault
    }
  }

  #step(): string | undefined {
    switch (this.#expected) {
      case 'colon':
        return this.#take(':', 'value') ? undefined : 'a colon'
      case 'commaOrEnd':
        return this.#separator()
      case 'name':
      case 'nameOrEnd':
        return this.#name()
      case 'value':
      case 'valueOrEnd':
        return this.#value()
    }
  }

  #separator(): string | undefined {
    const isObject = this.#open.at(-1) === '{'
    if (this.#take(',', isObject ? 'name' : 'value') || this.#close()) return undefined
    return isObject ? 'a comma or }' : 'a comma or ]'
  }

  #name(): string | undefined {
    if (this.#expected === 'nameOrEnd' && this.#close()) return undefined
    if (this.#text.charCodeAt(this.at) !== QUOTE) return 'a name in double quotes'
    return this.#string('colon')
  }

  #value(): string | undefined {
    const char = this.#text[this.at]
    if (this.#expected === 'valueOrEnd' && this.#close()) return undefined
    if (char === '{' || char === '[') {
      this.#open.push(char)
      this.#take(char, char === '{' ? 'nameOrEnd' : 'valueOrEnd')
      return undefined
    }
    if (char === '"') return this.#string('commaOrEnd')
    const from = this.at
    if (this.#match(LITERAL) && !WORD_CHAR.test(this.#text[this.at] ?? ' ')) {
      this.#expected = 'commaOrEnd'
      return undefined
    }
    this.at = from
    return 'a value'
  }

  #string(next: Expected): string | undefined {
    this.at++
    for (;;) {
      const code = this.#text.charCodeAt(this.at)
      if (Number.isNaN(code) || code < FIRST_PRINTABLE) return 'a closing double quote'
      if (code === QUOTE) break
      if (code !== BACKSLASH) this.at++
      else if (!this.#match(ESCAPE)) return 'a valid escape (a backslash itself is written \\\\)'
    }
    this.at++
    this.#expected = next
    return undefined
  }

  #take(char: string, next: Expected): boolean {
    if (this.#text[this.at] !== char) return false
    this.at++
    this.#expected = next
    return true
  }

  #close(): boolean {
    const end = this.#open.at(-1) === '{' ? '}' : ']'
    if (!this.#take(end, 'commaOrEnd')) return false
    this.#open.pop()
    return true
  }

  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.at
    if (!pattern.test(this.#text)) return false
    this.at = pattern.lastIndex
    return true
  }
}

/** The first syntax error; undefined for valid JSON. Never quotes the text. */
export function findJsonFault(text: string): JsonFault | undefined {
  const walk = new Walk(text)
  const expected = walk.run()
  if (expected === undefined) return undefined
  const before = text.slice(0, walk.at).split('\n')
  return { line: before.length, column: (before.at(-1) ?? '').length + 1, expected }
}
