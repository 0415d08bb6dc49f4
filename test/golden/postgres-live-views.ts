/** The statements about live views, of the golden file of PostgreSQL. */

import { commentOnView } from '../../src/warehouses/live-views.ts'
import { createLiveView } from '../../src/warehouses/postgres/tables/live-views.ts'
import * as storedViews from '../../src/warehouses/postgres/tables/stored-views.ts'
import { sql, type Sql } from '../../src/warehouses/sql.ts'

export function liveViewCases(table: readonly [schema: string, name: string]): Record<string, Sql> {
  return {
    'describe views': storedViews.describeViews('marketing', 'cio_'),
    'find live views of a column': storedViews.findLiveViews(table, 'at'),
    'find a live view': storedViews.findLiveView(['marketing', 'v']),
    'create a live view': createLiveView(['marketing', 'v'], table, {
      columns: ['id', 'name'],
      marks: ['_sdc_deleted_at'],
      options: sql` with (security_barrier=true)`,
    }),
    'comment on a view': commentOnView(['marketing', 'v']),
  }
}
