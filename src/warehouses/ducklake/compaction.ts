/** Decides which data files of a table are merged. Nothing here acts. */

/** Files below this size are merged. A merged file may grow to DuckLake's own limit, 512 MB. */
export const SMALL_FILE_BYTES = 32 * 1024 * 1024
/** So many small files are left for the next loads: a merge after each load would cost too much. */
const FEW_FILES = 8

/** A data file of a table, as of now. */
export interface DataFile {
  bytes: number
  /** Rows of the file were deleted or replaced. DuckLake does not merge such a file. */
  hasDeletions: boolean
}

/**
 * What to do with the files of a table after a load: merge the small ones; write those with
 * deletions anew, because they cannot be merged otherwise; or nothing.
 */
export function compactionOf(files: readonly DataFile[]): 'merge' | 'rewrite' | undefined {
  const small = files.filter(({ bytes }) => bytes < SMALL_FILE_BYTES)
  if (small.length <= FEW_FILES) return undefined
  const mergeable = small.filter(({ hasDeletions }) => !hasDeletions)
  return mergeable.length > small.length / 2 ? 'merge' : 'rewrite'
}
