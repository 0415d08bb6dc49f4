/** Decides which data files of a table are merged. Nothing here acts. */

/** Files below this size are merged. A merged file may grow to DuckLake's own limit, 512 MB. */
export const SMALL_FILE_BYTES = 32 * 1024 * 1024
/** DuckLake does not merge files with deletions. Below this size, their rows are written again. */
const TINY_FILE_BYTES = 8 * 1024 * 1024
/** At most this number is left for the next loads: to merge after each would cost too much. */
const FEW_FILES = 8

/** A data file of a table, as of now. */
export interface DataFile {
  path: string
  bytes: number
  /** Rows of the file were deleted or replaced. */
  hasDeletions: boolean
}

export interface Compaction {
  /** Merge the small files without deletions. */
  merges: boolean
  /** Before that, write large files with many deletions again. */
  rewrites: boolean
  /** Before that, write all rows of these files again, which then have no deletions. */
  refreshed: readonly string[]
}

/** What to do with the files of a table after a load. */
export function compactionOf(files: readonly DataFile[]): Compaction {
  const tiny = files.filter(({ bytes, hasDeletions }) => hasDeletions && bytes < TINY_FILE_BYTES)
  const plain = files.filter(({ bytes, hasDeletions }) => !hasDeletions && bytes < SMALL_FILE_BYTES)
  const deletions = files.filter(({ hasDeletions }) => hasDeletions)
  const isMany = tiny.length + plain.length > FEW_FILES
  return {
    merges: isMany,
    rewrites: deletions.length - tiny.length > FEW_FILES,
    refreshed: isMany ? tiny.map(({ path }) => path) : [],
  }
}
