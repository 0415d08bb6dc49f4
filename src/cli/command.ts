/** What the commands of customerio-sync share. */

import type { Options } from 'yargs'
import type { Logger } from '../logger.ts'
import { LONE_CONNECTION } from '../runner/workspace/paths.ts'
import { shellQuoted } from '../shell-quoted.ts'
import { parseArguments, type CommandLine } from './arguments.ts'
import type { ProgramContext } from './main.ts'

/** Flags of every command that takes a connection. */
export interface ConnectionFlags {
  workspace?: string
  connection?: string
  json?: boolean
  /** Positional arguments. */
  _: (string | number)[]
}

export const WORKSPACE_OPTION: Record<string, Options> = {
  workspace: {
    string: true,
    requiresArg: true,
    defaultDescription: 'the current folder',
    describe: 'Folder of the workspace',
  },
}

export const CONNECTION_OPTION: Record<string, Options> = {
  connection: {
    string: true,
    requiresArg: true,
    defaultDescription: 'connection.json, or the only connection',
    describe: 'Connection: its name in the workspace, or its file',
  },
  ...WORKSPACE_OPTION,
}

/** The options that name the same connection, for a command to run next. */
export function connectionOptions({ workspace, connection }: Omit<ConnectionFlags, '_'>): string {
  const options = { workspace, connection: connection === LONE_CONNECTION ? undefined : connection }
  return Object.entries(options)
    .map(([name, value]) => (value === undefined ? '' : ` --${name} ${shellQuoted(value)}`))
    .join('')
}

export const JSON_OPTION: Record<string, Options> = {
  json: { boolean: true, describe: 'Print JSON instead of text' },
}

/** One command, in the file of its name. `run` gets the flags that `line` describes. */
export interface Command<Flags> {
  line: CommandLine
  run: (flags: Flags, context: ProgramContext) => Promise<void>
}

/** Parses the arguments after the command's name and runs the command, or prints its help. */
export async function executeCommand<Flags>(
  command: Command<Flags>,
  context: ProgramContext,
): Promise<void> {
  const flags = parseArguments<Flags>(command.line, context.args)
  if (flags !== undefined) await command.run(flags, context)
}

/** Writes a warning on stderr. */
export function warn(sentence: string, logger: Logger): void {
  process.stderr.write(`${logger.clean(`Warning: ${sentence}`)}\n`)
}
