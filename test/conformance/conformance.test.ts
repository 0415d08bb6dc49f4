/** Loads every fixture into every warehouse in one batch. */

import { testFixtures } from './fixture-loads.ts'

testFixtures([50_000])
