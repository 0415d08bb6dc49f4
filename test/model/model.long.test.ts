import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { temporaryFolder } from '../support/programs.ts'
import { explore } from './explore.ts'
import { asProcess } from './runners.ts'
import { play } from './play.ts'
import { aSequence, EMPTY, HEALTHY, type Sequence } from './steps/steps.ts'

const DAY = 86_400
const NOW = { stamp: 'now', at: 0 } as const

/** Sequences that once failed, by what must hold for them. */
const CASES: Record<string, Sequence> = {
  'reads a campaign again when its actions changed but its own time did not': {
    ...EMPTY,
    campaigns: 2,
    steps: [
      HEALTHY,
      { step: 'edits', seconds: 100, edits: [{ ...NOW, kind: 'insert action' }] },
      HEALTHY,
      { step: 'edits', seconds: 100, edits: [{ ...NOW, kind: 'delete action' }] },
    ],
  },
  'reads a campaign that is now older than the cutoff again when its actions change': {
    ...EMPTY,
    campaigns: 3,
    cutoffDays: 2000,
    steps: [
      HEALTHY,
      { step: 'edits', seconds: 1000 * DAY, edits: [] },
      HEALTHY,
      { step: 'edits', seconds: 1000 * DAY, edits: [{ ...NOW, kind: 'insert action', at: 1 }] },
    ],
  },
  'moves the start of the first sync back to an earlier bookmark when the clock of the servers lags':
    {
      ...EMPTY,
      campaigns: 2,
      cutoffDays: 0,
      lookbackSeconds: 60,
      steps: [
        {
          ...HEALTHY,
          during: [{ request: 2, edit: { ...NOW, kind: 'insert action' }, seconds: -20 }],
        },
        { step: 'edits', seconds: -30, edits: [] },
      ],
    },
  'does not load rows that were too old for the first sync when it reads a list again': {
    ...EMPTY,
    campaigns: 3,
    cutoffDays: 90,
    lookbackSeconds: 400 * DAY,
    steps: [
      HEALTHY,
      { step: 'edits', seconds: DAY, edits: [{ ...NOW, kind: 'insert action' }] },
      HEALTHY,
      { step: 'edits', seconds: DAY, edits: [{ ...NOW, kind: 'delete action' }] },
    ],
  },
  'reads an edit in a campaign that an interrupted run had finished': {
    ...EMPTY,
    campaigns: 3,
    steps: [
      { ...HEALTHY, stop: { how: 'close', lines: 16 } },
      { step: 'edits', seconds: 100, edits: [{ ...NOW, kind: 'edit action' }] },
    ],
  },
  'reads the actions of a campaign in the next run after a single 404': {
    ...EMPTY,
    campaigns: 3,
    steps: [
      { ...HEALTHY, fault: { name: 'status 404', path: 'campaigns/1002/', after: 0, times: 1 } },
    ],
  },
  'reads the actions of a campaign after a single 404 and a killed run': {
    ...EMPTY,
    campaigns: 3,
    steps: [
      { ...HEALTHY, fault: { name: 'status 404', path: 'campaigns/1002/', after: 0, times: 1 } },
      { ...HEALTHY, stop: { how: 'rollback', lines: 8 } },
    ],
  },
  'leaves no rows of a killed FULL_TABLE read when the clock of the servers was set back': {
    ...EMPTY,
    newsletters: 6,
    campaigns: 2,
    lookbackSeconds: 60,
    steps: [
      {
        ...HEALTHY,
        full: ['newsletters', 'campaign_actions'],
        stop: { how: 'close', lines: 6 },
      },
      {
        step: 'edits',
        seconds: -30,
        edits: [{ kind: 'delete newsletter', stamp: 'now', at: 5 }],
      },
      { ...HEALTHY, full: ['newsletters', 'campaign_actions'] },
    ],
  },
}

for (const [title, sequence] of Object.entries(CASES)) {
  test(title, async () => {
    await play(sequence)
  })
}

test('loses no row and moves no bookmark too early in random sequences of edits, faults, kills and runs', async () => {
  const { failures, sequences } = await explore({ sequences: 150, seed: 1 })
  assert.deepEqual(failures, [])
  assert.equal(sequences, 150)
})

test('the real program loses no row in random sequences', async (t) => {
  const sequences = fc.sample(aSequence, { numRuns: 12, seed: 7 })
  const work = async () => {
    const runner = asProcess(await temporaryFolder(t))
    for (let one = sequences.pop(); one; one = sequences.pop()) await play(one, runner)
  }
  await Promise.all([work(), work(), work(), work()])
})
