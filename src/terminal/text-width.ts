/**
 * Pure: how many columns of a terminal a text takes, and how it is cut. Our own code instead of
 * string-width, because two rules are enough for the contents of a table.
 */

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const PRINTABLE_ASCII = /^[ -~]*$/
/** Letters of East Asia and pictures take two columns. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u{3000}-\u{303f}\u{ff01}-\u{ff60}]/u
const CUT = '…'

function graphemeWidth(grapheme: string): number {
  return WIDE.test(grapheme) ? 2 : 1
}

/** Columns that the text takes. It must have no control characters. */
export function textWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length
  let width = 0
  for (const { segment } of GRAPHEMES.segment(text)) width += graphemeWidth(segment)
  return width
}

/** The text, or its beginning with `…` so that it takes at most `width` columns. */
export function cutText(text: string, width: number): string {
  let used = 0
  let cutAt = 0
  // A text may be long, and only its beginning is looked at.
  for (const { segment, index } of GRAPHEMES.segment(text)) {
    used += graphemeWidth(segment)
    if (used < width) cutAt = index + segment.length
    if (used > width) return text.slice(0, cutAt) + CUT
  }
  return text
}
