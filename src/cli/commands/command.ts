/** What the commands of customerio-sync share: how they are described, found and printed. */

import type { Options } from 'yargs'
import type { Logger } from '../../logger.ts'
import { LineWriter } from '../../singer/writer.ts'
import { parseArguments, type CommandLine } from '../arguments.ts'
import type { ProgramContext } from '../main.ts'

/** Flags that every command with a connection takes. */
export interface ConnectionFlags {
  connection: string
  json?: boolean
  /** Words that are no options. */
  _: (string | number)[]
}

export const CONNECTION_OPTION: Record<string, Options> = {
  connection: {
    string: true,
    requiresArg: true,
    default: 'connection.json',
    describe: 'The connection file',
  },
}

export const JSON_OPTION: Record<string, Options> = {
  json: { boolean: true, describe: 'Print JSON on stdout, for programs' },
}

/** One command; its file in this folder has its name. `run` gets the flags that `line` describes. */
export interface Command<Flags> {
  line: CommandLine
  run: (flags: Flags, context: ProgramContext) => Promise<void>
}

/** Parses the words behind the command's name and runs it; prints its help when that was asked for. */
export async function executeCommand<Flags>(
  command: Command<Flags>,
  context: ProgramContext,
): Promise<void> {
  const flags = parseArguments<Flags>(command.line, context.args)
  if (flags !== undefined) await command.run(flags, context)
}

/** Writes a warning on stderr, beside what the command prints. */
export function warn(sentence: string, logger: Logger): void {
  process.stderr.write(`${logger.clean(`Warning: ${sentence}`)}\n`)
}

/** Writes on stdout, and waits until it is out. */
export async function print(text: string): Promise<void> {
  const writer = new LineWriter(process.stdout)
  await writer.writeLine(text)
  await writer.flush()
}
