/** Which schemas may hold our tables. */

import { AppError } from '../../../errors.ts'
import { POSTGRES } from '../dialect.ts'

/**
 * Throws CONFIG_INVALID for a schema of the system: a search path may name the temporary one, whose
 * tables end with the session. Also for a name that the server would truncate, because two such
 * names may be one schema.
 */
export function assertSchema(schema: string): void {
  const name = JSON.stringify(schema)
  if (schema.startsWith('pg_') || schema === 'information_schema') {
    throw new AppError(
      'CONFIG_INVALID',
      `The schema ${name} belongs to the system and cannot hold tables.`,
      { hint: 'Set `default_target_schema`, or the search path of the role, to another one.' },
    )
  }
  if (Buffer.byteLength(schema) > POSTGRES.maxNameBytes) {
    throw new AppError(
      'CONFIG_INVALID',
      `The name of the schema ${name} is longer than ${POSTGRES.maxNameBytes} bytes.`,
      { hint: 'Set `default_target_schema` to a shorter name.' },
    )
  }
}
