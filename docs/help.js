/** The help texts of the programs, as they print them. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const RUNNER_COMMANDS = [
  'init',
  'check',
  'run',
  'start',
  'console',
  'status',
  'tables',
  'query',
  'history',
  'resync',
  'state',
  'notify',
  'demo',
  'sandbox',
]

async function helpOf(program, command) {
  const path = fileURLToPath(new URL(`../bin/${program}.js`, import.meta.url))
  const args = [path, ...(command === undefined ? [] : [command]), '--help']
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { PATH: process.env.PATH },
  })
  return `\`\`\`text\n${stdout.trimEnd()}\n\`\`\``
}

/** The help of a program without commands. */
export async function programHelp(program) {
  return helpOf(program)
}

/** One section for each command of customerio-sync. */
export async function runnerHelp() {
  const sections = []
  for (const command of RUNNER_COMMANDS) {
    const help = await helpOf('customerio-sync', command)
    sections.push(`### customerio-sync ${command}\n\n${help}`)
  }
  return sections.join('\n\n')
}
