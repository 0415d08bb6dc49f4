import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { temporaryFolder } from '../support/programs.ts'
import { explore } from './explore.ts'
import { asProcess } from './runners.ts'
import { play } from './play.ts'
import { aSequence, EMPTY, HEALTHY, type Sequence } from './steps.ts'

const DAY = 86_400
const NOW = { stamp: 'now', at: 0 } as const

/** Sequences that once broke the promise. */
const CASES: Record<string, Sequence> = {
  'a campaign whose actions became others while its own time stayed is read again': {
    ...EMPTY,
    campaigns: 2,
    steps: [
      HEALTHY,
      { step: 'edits', seconds: 100, edits: [{ ...NOW, kind: 'insert action' }] },
      HEALTHY,
      { step: 'edits', seconds: 100, edits: [{ ...NOW, kind: 'delete action' }] },
    ],
  },
  'a campaign older than the cutoff, counted from now, is read again when its actions change': {
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
  'a bookmark before the start of the first sync moves that start, though the clock of the servers lags behind both':
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
  'what a first sync left out for its age stays out when a list is read again': {
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
  'an edit of a campaign that an interrupted read had finished is read by the next run': {
    ...EMPTY,
    campaigns: 3,
    steps: [
      { ...HEALTHY, stop: { how: 'reader', lines: 16 } },
      { step: 'edits', seconds: 100, edits: [{ ...NOW, kind: 'edit action' }] },
    ],
  },
  'the actions of a campaign that was not found once are read by the next sync': {
    ...EMPTY,
    campaigns: 3,
    steps: [
      { ...HEALTHY, fault: { name: 'status 404', path: 'campaigns/1002/', after: 0, times: 1 } },
    ],
  },
  'they are so where the next sync is killed first': {
    ...EMPTY,
    campaigns: 3,
    steps: [
      { ...HEALTHY, fault: { name: 'status 404', path: 'campaigns/1002/', after: 0, times: 1 } },
      { ...HEALTHY, stop: { how: 'forgets', lines: 8 } },
    ],
  },
  'a FULL_TABLE read that was killed leaves nothing behind, though the clock of the servers went back':
    {
      ...EMPTY,
      newsletters: 6,
      campaigns: 2,
      lookbackSeconds: 60,
      steps: [
        {
          ...HEALTHY,
          full: ['newsletters', 'campaign_actions'],
          stop: { how: 'reader', lines: 6 },
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

test('loses nothing and reports nothing too early in random sequences of edits, faults, kills and runs', async () => {
  const { failures, sequences } = await explore({ sequences: 150, seed: 1 })
  assert.deepEqual(failures, [])
  assert.equal(sequences, 150)
})

test('a real tap loses nothing in random sequences either', async (t) => {
  const sequences = fc.sample(aSequence, { numRuns: 12, seed: 7 })
  const work = async () => {
    const runner = asProcess(await temporaryFolder(t))
    for (let one = sequences.pop(); one; one = sequences.pop()) await play(one, runner)
  }
  await Promise.all([work(), work(), work(), work()])
})
