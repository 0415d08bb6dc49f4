/**
 * Loads every fixture into every warehouse in small batches, with state between many commits; and
 * in one commit whose rows were staged one by one.
 */

import { testFixtures } from './fixture-loads.ts'

testFixtures([{ rows: 1 }, { rows: 2 }, { rows: 50_000, staged: 1 }])
