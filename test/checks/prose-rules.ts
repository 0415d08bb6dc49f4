/** Pure: what the prose check finds in the text of one file. */

export interface RefusedWord {
  refused: string
  instead: string
}

export interface Problem {
  /** Counted from 1. */
  line: number
  problem: string
}

const MAX_COMMENT_COLUMNS = 100
const TABLE = /<!-- refused words -->(.*?)<!-- end refused words -->/s
/** A line of a comment, or code with a comment after it. Links cannot be broken. */
const COMMENT = /^\s*(\/\*|\*|\/\/)|\s\/\/ /
const LINK = /https?:\/\/\S{60,}/

/**
 * The rows of the table in CONTRIBUTING.md: `| refused | instead |`. Throws when there are none.
 */
export function wordTable(contributing: string): RefusedWord[] {
  const table = TABLE.exec(contributing)?.[1] ?? ''
  const rows = table.split('\n').flatMap((row) => {
    const [, refused = '', instead = ''] = /^\|([^|]+)\|([^|]+)\|\s*$/.exec(row) ?? []
    return /^[\s:-]*$/.test(refused) ? [] : [{ refused: cell(refused), instead: cell(instead) }]
  })
  if (rows.length < 2) throw new Error('CONTRIBUTING.md has no table of refused words')
  return rows.slice(1)
}

function cell(text: string): string {
  return text.trim().replaceAll(/[`"]/g, '')
}

/** Whole words and phrases, in any case, across the line breaks of a comment too. */
function patternOf(refused: string): RegExp {
  const gap = String.raw`(?:\s+|\s*\n\s*(?:\*|\/\/)\s*)`
  const words = refused.split(/\s+/).map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(String.raw`(?<![\w'-])${words.join(gap)}(?![\w-])`, 'gi')
}

/** Every place of a refused word. */
export function refusedWords(text: string, words: readonly RefusedWord[]): Problem[] {
  return words.flatMap(({ refused, instead }) =>
    [...text.matchAll(patternOf(refused))].map(({ index }) => ({
      line: text.slice(0, index).split('\n').length,
      problem: `"${refused}" is refused; write ${instead}`,
    })),
  )
}

/** Comment lines that are wider than the code may be. */
export function longComments(text: string): Problem[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.length <= MAX_COMMENT_COLUMNS || !COMMENT.test(line) || LINK.test(line)) return []
    return [{ line: index + 1, problem: `comment of ${line.length} columns, at most 100` }]
  })
}
