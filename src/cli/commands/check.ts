import { checkConnection, type CheckResult } from '../../runner/inspect/check.ts'
import { ProgramExit } from '../main.ts'
import { print } from '../print.ts'
import {
  CONNECTION_OPTION,
  connectionOptions,
  JSON_OPTION,
  type Command,
  type ConnectionFlags,
} from '../command.ts'
import { openConnection } from '../open.ts'

const MARKS = { ok: 'ok', warning: 'warning', failed: 'FAILED' }

/** Date, weekday and time in a time zone. */
function timeIn(zone: string, time: Date): string {
  const options = { dateStyle: 'full', timeStyle: 'long', timeZone: zone } as const
  return new Intl.DateTimeFormat('en-GB', options).format(time)
}

function checkText({ findings, nextTimes, timezone }: CheckResult): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.map(
    ({ check, status, message }) =>
      `${MARKS[status].padEnd(7)}  ${check.padEnd(width)}  ${message}`,
  )
  const times = nextTimes.map((time) => {
    const own = timezone === 'UTC' ? '' : `  =  ${timeIn(timezone, time)}`
    return `${' '.repeat(width + 11)}${time.toISOString().slice(0, 16)}Z${own}`
  })
  return [...lines, ...times].join('\n')
}

export const checkCommand: Command<ConnectionFlags> = {
  line: {
    name: 'customerio-sync check',
    usage:
      'Usage: $0 [--connection NAME|FILE]\n\nChecks everything that a run needs: key, permissions, clock, warehouse, data folder and schedule. Says how to fix what fails.',
    options: { ...CONNECTION_OPTION, ...JSON_OPTION },
    examples: [['$0', 'Check connection.json before the first run']],
  },
  run: async (flags, context) => {
    const { env, signal, logger } = context
    const connection = await openConnection(flags, context)
    const checked = await checkConnection(connection, { env, signal })
    const { findings, nextTimes, timezone, exitStatus } = checked
    if (flags.json) {
      const document = { connection: connection.name, findings, next_times: nextTimes, timezone }
      await print(JSON.stringify(document, undefined, 2))
    } else {
      const lines = checkText(checked).split('\n')
      await print(lines.map((line) => logger.clean(line)).join('\n'))
      if (exitStatus === 0) await print(`Next: customerio-sync run${connectionOptions(flags)}`)
    }
    if (exitStatus !== 0) throw new ProgramExit(exitStatus)
  },
}
