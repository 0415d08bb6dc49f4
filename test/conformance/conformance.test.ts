/** Loads every fixture into every warehouse in one batch. */

import { testFixtures } from './fixture-loads.ts'

testFixtures([{ rows: 50_000 }])
