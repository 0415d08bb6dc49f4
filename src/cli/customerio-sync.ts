import { AppError } from '../errors.ts'
import { LineWriter } from '../singer/writer.ts'
import { main } from './main.ts'

const NAME = 'customerio-sync'

const HELP = `Usage: ${NAME} COMMAND

Commands:
  demo       Sync a sandbox workspace into customerio-demo/warehouse.duckdb; run it
             again to see that only what changed is read

Options:
  --version  Print the version
  -h, --help Show this help

Example:
  ${NAME} demo`

async function print(text: string): Promise<void> {
  const writer = new LineWriter(process.stdout)
  await writer.writeLine(text)
  await writer.flush()
}

await main({
  name: NAME,
  graceMs: 30_000,
  run: async (context) => {
    const [command, ...rest] = context.args
    if (command === undefined || context.args.includes('--help') || context.args.includes('-h')) {
      await print(HELP)
      if (command === undefined)
        throw new AppError('USAGE', 'A command is missing.', { hint: `See ${NAME} --help.` })
      return
    }
    if (command === '--version') {
      const { packageVersion } = await import('../package-version.ts')
      await print(`${NAME} ${packageVersion()}`)
      return
    }
    if (command !== 'demo' || rest.length > 0) {
      const what = command === 'demo' ? `argument: ${rest.join(' ')}` : `command: ${command}`
      throw new AppError('USAGE', `Unknown ${what}.`, { hint: `See ${NAME} --help.` })
    }
    const { demo } = await import('./demo.ts')
    await demo(context)
  },
})
