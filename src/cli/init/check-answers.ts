/** Checks answers with the code that `check` and `run` use, before anything is written. */

import { resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { checkPrefix, tableRules } from '../../loader/tables/names.ts'
import { refuseConflicts } from '../../runner/connection/conflicts.ts'
import {
  loadConnection,
  parseConnection,
  type Connection,
} from '../../runner/connection/connection.ts'
import { joinSharedDestination } from '../../runner/connection/shared-destination.ts'
import { isFile, listConnections } from '../../runner/workspace/documents.ts'
import { documentPath, isDocumentName, NAME_RULE } from '../../runner/workspace/paths.ts'
import type { ProgramContext } from '../main.ts'
import { isNewShared, KEY_VARIABLE, wholeDocument, type InitFlags } from './document.ts'

/** What every step of `init` needs. */
export interface InitTools {
  /** The connection file to write. */
  path: string
  /** Folder with the shared destinations that the file can use. */
  workspace: string
  /** The key, or a reference to its variable. */
  key: string
  context: ProgramContext
}

/** Throws USAGE for a name that a new shared destination cannot have. */
async function assertFreeName(flags: InitFlags, { workspace }: InitTools): Promise<void> {
  const { destination: name } = flags
  if (name === undefined || !isNewShared(flags)) return
  if (!isDocumentName(name))
    throw new AppError('USAGE', `The name of a destination must be ${NAME_RULE}.`)
  const path = documentPath({ workspace, kind: 'destination', name })
  if (await isFile(path)) {
    throw new AppError('USAGE', `The destination ${name} already exists.`, {
      hint: 'Leave --warehouse-url out to use it, or choose another name.',
    })
  }
}

/** Does not open the warehouse; its driver may be installed later. */
async function checkDestination(
  { destination }: Connection,
  { logger }: ProgramContext,
): Promise<void> {
  const { createWarehouse } = await import('../../warehouses/index.ts')
  try {
    const { dialect } = await createWarehouse({
      url: destination.warehouse_url,
      schema: destination.default_target_schema,
      tablePrefix: destination.table_prefix,
      isReadOnly: true,
      logger,
    })
    checkPrefix(destination.table_prefix, tableRules(dialect))
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'DRIVER_MISSING') throw error
  }
}

/**
 * The connection that the answers describe. Throws USAGE or CONFIG_INVALID for one that no command
 * could use.
 */
export async function checkAnswers(flags: InitFlags, tools: InitTools): Promise<Connection> {
  const { key, context } = tools
  const path = resolve(tools.path)
  const env = { [KEY_VARIABLE]: 'not set yet', ...context.env }
  await assertFreeName(flags, tools)
  const { document } = await joinSharedDestination(wholeDocument(flags, key), path, env)
  const connection = parseConnection(document, path, env)
  await checkDestination(connection, context)
  return connection
}

/**
 * Throws CONFIG_INVALID when another connection of the workspace writes the same tables. One that
 * cannot be read now is left out.
 */
export async function checkTables(
  connection: Connection,
  { workspace, context }: InitTools,
): Promise<void> {
  for (const { path } of await listConnections(workspace)) {
    if (resolve(path) === connection.path) continue
    const other = await loadConnection(path, context.env).catch(() => undefined)
    if (other) refuseConflicts([other, connection])
  }
}
