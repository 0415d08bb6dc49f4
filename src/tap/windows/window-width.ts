/** Pure: how wide the windows are in which spans of creation times are read. */

import type { Span } from './ages.ts'

export interface WidthRule {
  /** Pages of a window for which its width stays: the fewest and the most. */
  pages: readonly [number, number]
  greatestSeconds: number
}

/** A busy workspace creates some ten pages of deliveries a day. */
export const FIRST_WIDTH_SECONDS = 86_400
/** Pages that a new width aims at. */
const TARGET_PAGES = 10
/** One window says little about the next ones, so a width grows in steps. */
const GREATEST_GROWTH = 4
/** Parts of a window that must be narrowed. */
const PARTS = 8

function clamped(seconds: number, { greatestSeconds }: WidthRule): number {
  return Math.max(1, Math.min(Math.floor(seconds), greatestSeconds))
}

function secondsOf({ from, to }: Span): number {
  return to - from + 1
}

/**
 * The width for the next windows.
 * @param read a window, and the number of its pages
 */
export function widthAfter(
  width: number,
  { window, pages }: { window: Span; pages: number },
  rule: WidthRule,
): number {
  const [fewest, most] = rule.pages
  const seconds = secondsOf(window)
  if (pages > most) return clamped((seconds * TARGET_PAGES) / pages, rule)
  if (pages >= fewest) return width
  const growth = Math.min(GREATEST_GROWTH, TARGET_PAGES / Math.max(1, pages))
  return Math.max(width, clamped(seconds * growth, rule))
}

/** The width for reading a window again that could not be read; undefined if it is one second. */
export function narrowed(window: Span, rule: WidthRule): number | undefined {
  const seconds = secondsOf(window)
  return seconds === 1 ? undefined : clamped(seconds / PARTS, rule)
}

/** True if the window has too many pages, so that it is read in parts. */
export function isTooWide(window: Span, pages: number, { pages: [, most] }: WidthRule): boolean {
  return secondsOf(window) > 1 && pages > 2 * most
}

/** The first windows of ascending spans, each of at most this width. */
export function firstWindows(
  spans: readonly Span[],
  { width, count }: { width: number; count: number },
): Span[] {
  const windows: Span[] = []
  for (const { from, to } of spans) {
    for (let start = from; start <= to; start += width) {
      if (windows.length === count) return windows
      windows.push({ from: start, to: Math.min(start + width - 1, to) })
    }
  }
  return windows
}

/** The parts of ascending spans from an instant on. */
export function spansFrom(spans: readonly Span[], seconds: number): Span[] {
  return spans
    .filter(({ to }) => to >= seconds)
    .map(({ from, to }) => ({ from: Math.max(from, seconds), to }))
}
