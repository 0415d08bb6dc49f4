/** Decides which data files of a table are merged. Nothing here acts. */

/** Files below this size are merged. A merged file may grow to DuckLake's own limit, 512 MB. */
export const SMALL_FILE_BYTES = 32 * 1024 * 1024
/** At most this number is left for the next loads: to merge after each would cost too much. */
const FEW_FILES = 8

/** A data file of a table, as of now. */
export interface DataFile {
  bytes: number
  /** Rows of the file were deleted or replaced. DuckLake does not merge such a file. */
  hasDeletions: boolean
}

export interface Compaction {
  /** Merge the small files without deletions. */
  merges: boolean
  /** First write files with many deletions again, so that they can be merged too. */
  rewrites: boolean
}

/** What to do with the files of a table after a load. */
export function compactionOf(files: readonly DataFile[]): Compaction {
  const rewrites = files.filter(({ hasDeletions }) => hasDeletions).length > FEW_FILES
  const mergeable = files.filter(
    ({ bytes, hasDeletions }) => bytes < SMALL_FILE_BYTES && !hasDeletions,
  )
  return { rewrites, merges: rewrites || mergeable.length > FEW_FILES }
}
