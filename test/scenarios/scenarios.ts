/** What becomes of the scenarios T1 to T65 (tap against the API) and S1 to S16 (security) whose number stands in no test's title. */

/** Not promised, or not ours to keep, with the reason. */
export const OUT_OF_SCOPE: Readonly<Record<string, string>> = {
  T38: 'A shrink guard is not promised: only FULL_TABLE retires rows, only after a complete read, and by default it marks them.',
  S3: 'Who may read a settings file is left to whoever deploys it: containers mount secrets readable, so a refusal would break them.',
  S15: 'No report for a spreadsheet is exported.',
}

export interface TestedIn {
  /** Below `test/`. */
  file: string
  /** Of the test or the suite, as far as it says which one. */
  title: string
}

export const TESTED_IN: Readonly<Record<string, TestedIn>> = {
  T27: {
    file: 'tap/ceiling.test.ts',
    title: 'with up to 50 ms of jitter on the way, no rolling second has an eleventh request',
  },
  S8: { file: 'target/sql.test.ts', title: 'no name and no text can leave its quotes' },
}

/** Every number that a test or a reason must answer for. */
export const SCENARIOS: readonly string[] = [
  ...Array.from({ length: 65 }, (_, at) => `T${at + 1}`),
  ...Array.from({ length: 16 }, (_, at) => `S${at + 1}`),
]
