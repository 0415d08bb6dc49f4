/** Singer input that does not fit on a small disk. */

import { randomBytes } from 'node:crypto'

export const LARGE_ROWS = 60
/** Each row has an incompressible string of 100 kB. A STATE follows every ten rows. */
export const LARGE_INPUT = [
  '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"},"text":{"type":"string"}}},"key_properties":["id"]}\n',
  ...Array.from({ length: LARGE_ROWS }, (_, id) => {
    const record = `{"type":"RECORD","stream":"s","record":{"id":${id},"text":"${randomBytes(50_000).toString('hex')}"}}\n`
    return id % 10 === 9 ? `${record}{"type":"STATE","value":{"rows":${id + 1}}}\n` : record
  }),
].join('')
