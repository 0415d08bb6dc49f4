/** Installs Trino, and the libraries of the catalog that it reads. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../../support/programs.ts'

const execute = promisify(execFile)

async function assertTool(name: string): Promise<void> {
  await execute(name, ['-version']).catch(() => {
    throw new Error(
      `The check of Trino needs Java 17 or later and Maven; \`${name}\` was not found. On Debian: apt-get install default-jdk-headless maven. To leave it out, name the other checks: npm run test:interop -- meltano taps targets suites schedulers lakes.`,
    )
  })
}

async function script(path: string, folder: string): Promise<string> {
  const { stdout } = await execute(join(ROOT, path), [folder])
  return stdout.trimEnd()
}

/** Returns the variables that name the places: below `temporary`, unless they are set. */
export async function makeTrino(temporary: string): Promise<Record<string, string>> {
  for (const tool of ['javac', 'mvn']) await assertTool(tool)
  const { TRINO_HOME: home, ICEBERG_TOOLS: tools } = process.env
  process.stderr.write('Installing trino ...\n')
  // One after the other: Maven may not write its repository twice at once.
  const trino = await script('test/interop/trino.sh', home ?? join(temporary, 'trino'))
  const jars = await script('test/support/iceberg/jars.sh', tools ?? join(temporary, 'iceberg'))
  return { TRINO_HOME: trino, TEST_ICEBERG_JARS: jars }
}
