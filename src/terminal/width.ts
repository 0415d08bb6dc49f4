/** Columns of a terminal that does not say how many it has, and of a file or a pipe. */
const DEFAULT_WIDTH = 80

/** How many columns a text on the stream may take. */
export function widthOf({ columns }: { columns?: number | undefined }): number {
  return columns === undefined || columns < 1 ? DEFAULT_WIDTH : columns
}
