/**
 * The scenarios T1 to T65 (the tap and the API) and S1 to S16 (security) whose number is in no test
 * title, each with its reason or its test.
 */

/** Not promised, or not our responsibility, with the reason. */
export const OUT_OF_SCOPE: Readonly<Record<string, string>> = {
  T38: 'A shrink guard is not promised: only FULL_TABLE retires rows, only after a complete read, and by default it soft-deletes them.',
  S3: 'The operator decides who may read a settings file: containers mount secrets readable, so a refusal would break them.',
  S15: 'No report for a spreadsheet is exported.',
}

export interface TestedIn {
  /** Below `test/`. */
  file: string
  /** Of the test or the suite. */
  title: string
}

export const TESTED_IN: Readonly<Record<string, TestedIn>> = {
  T27: {
    file: 'tap/rate-limit/ceiling.long.test.ts',
    title: 'with up to 50 ms of jitter, no rolling second has an eleventh request',
  },
  S8: { file: 'warehouses/sql.test.ts', title: 'no name and no string can end its quotes' },
}

/** Every number that needs a test or a reason. */
export const SCENARIOS: readonly string[] = [
  ...Array.from({ length: 65 }, (_, at) => `T${at + 1}`),
  ...Array.from({ length: 16 }, (_, at) => `S${at + 1}`),
]
