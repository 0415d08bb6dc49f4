/** Finds out, without a change, whether a load of some streams can begin. */

import { readLines } from '../singer/lines.ts'
import { readMessage } from '../singer/reader.ts'
import { beginLoad, type BeginOptions } from './begin-load.ts'
import { planStream } from './stream/stream.ts'

/**
 * Throws what a load would throw before its first record.
 * @param schemas Singer messages. The tables of the SCHEMA messages are planned.
 */
export async function checkLoad(
  options: BeginOptions,
  schemas: AsyncIterable<Buffer> | undefined,
): Promise<void> {
  const { tables } = await beginLoad(options)
  if (!schemas) return
  for await (const lines of readLines(schemas)) {
    while (lines.next()) {
      const message = readMessage(lines)?.message
      if (message?.type === 'SCHEMA') await planStream(tables, options.config, message)
    }
  }
}
