/** Loads every fixture into every warehouse in small batches: many commits, and state between them. */

import { testFixtures } from './fixture-loads.ts'

testFixtures([1, 2])
