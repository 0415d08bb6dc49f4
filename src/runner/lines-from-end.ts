/** The lines of a file from its last to its first, without reading more than is asked for. */

import { open } from 'node:fs/promises'

const BLOCK_BYTES = 1 << 16

export async function* linesFromEnd(path: string): AsyncGenerator<string> {
  const file = await open(path, 'r')
  try {
    let end = (await file.stat()).size
    let rest = Buffer.alloc(0)
    while (end > 0) {
      const begin = Math.max(0, end - BLOCK_BYTES)
      const block = Buffer.alloc(end - begin)
      const { bytesRead } = await file.read(block, 0, block.length, begin)
      rest = Buffer.concat([block.subarray(0, bytesRead), rest])
      end = begin
      for (let at = rest.lastIndexOf(10); at !== -1; at = rest.lastIndexOf(10)) {
        const line = rest.toString('utf8', at + 1)
        rest = rest.subarray(0, at)
        if (line !== '') yield line
      }
    }
    if (rest.length > 0) yield rest.toString('utf8')
  } finally {
    await file.close()
  }
}
