/** Loads every fixture into every warehouse in small batches, with state between many commits. */

import { testFixtures } from './fixture-loads.ts'

testFixtures([1, 2])
