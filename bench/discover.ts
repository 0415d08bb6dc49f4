import { measure, median, type Bench } from './bench.ts'
import { TAP } from './tap.ts'

const RUNS = 11

async function wallOf(args: readonly string[]): Promise<number> {
  return (await measure(process.execPath, args)).wallSeconds
}

/** Start-up time, measured in pairs: an empty Node process, then the tap. */
export const DISCOVER: Bench = {
  name: 'discover',
  title: 'Start-up time of the tap',
  run: async () => {
    const bare: number[] = []
    const ratios: number[] = []
    for (let run = 0; run < RUNS; run++) {
      const base = await wallOf(['-e', '0'])
      bare.push(base)
      ratios.push((await wallOf([TAP, '--discover'])) / base)
    }
    const note = `median of ${RUNS}; node -e 0 took ${median(bare).toFixed(3)} s`
    return [
      { what: '--discover / node -e 0', measured: median(ratios), unit: 'x', atMost: 2.5, note },
    ]
  },
}
