/**
 * Every event that a program logs, with its meaning. JSON log lines hold the code as
 * `extra.event_code`. Programs match on these codes, never on the message. The meanings are written
 * into the documentation.
 *
 * @public
 */
export const LOG_EVENTS = {
  activate_version_ignored:
    'An ACTIVATE_VERSION was ignored, because it could delete rows that still exist.',
  bookmark_in_future: 'A bookmark in the future was replaced.',
  characters_replaced: 'Characters that the warehouse cannot store were replaced by U+FFFD.',
  clock_differs: 'The local clock differs from the clock of the server.',
  column_in_use: 'A column kept its type because another object uses it.',
  column_widened: 'The next commit widens the type of a column.',
  commit_not_taken_back:
    'ClickHouse: a table may hold rows of an incomplete commit, which cannot be taken back.',
  commit_unknown:
    'The connection was lost during a commit, and the server did not say what became of it.',
  dates_out_of_range:
    'A column kept its type because it has dates outside the range of timestamps.',
  empty_state_ignored: 'An empty STATE message was skipped.',
  failed: 'The program failed. `code` is the error code.',
  file_locked: 'Another process has the DuckDB file open.',
  key_properties_changed: 'The key properties of a stream changed.',
  lake_maintained: 'Small files of a lake were merged, and old snapshots expired.',
  live_view_failed: 'A live view could not be replaced, and the load continues without it.',
  live_view_skipped: 'A table has no live view, because another object has its name.',
  live_views_missing: 'Tables have no live views, because the warehouse has none.',
  list_read_again:
    'Rows vanished or changed without a newer `updated`, so the whole list was read again.',
  load_finished: 'The input ended and all rows are committed.',
  maintenance_failed: 'A load is complete, but the files of the lake were not merged.',
  memory_limit_refused: 'DuckDB did not accept a memory limit.',
  message_type_unknown: 'Messages of an unknown type were skipped.',
  metadata_columns_added: 'Metadata columns were added because the stream has versions.',
  metrics_served: 'The metrics endpoint is listening.',
  no_stream_selected: 'The catalog selects no stream.',
  parent_deleted: 'A campaign or another parent was deleted while its children were read.',
  parents_changed:
    'Campaigns or other parents changed without a newer `updated`, so all of their children are written.',
  properties_undeclared: 'Records have properties that their SCHEMA does not declare.',
  record_rejected: 'A record did not match its SCHEMA and was not loaded.',
  request_retried: 'A request failed and will be retried.',
  requests_made: 'Totals of all requests, logged when the tap ends.',
  resume_found_nothing: 'No parent was left to resume, so all are read again.',
  rows_left_out: 'A query has more rows than were printed.',
  server_date_missing: 'A response had no Date header.',
  settings_unknown: 'The configuration has unknown settings.',
  start_before_kept: 'The first sync starts before the rows that Customer.io keeps.',
  start_date_in_future: '`start_date` is in the future.',
  state_unrecognized: 'The state has no bookmarks of this tap.',
  stopped: 'A signal stopped the program.',
  stream_failed: 'A stream was not read completely. `code` is the error code.',
  stream_finished: 'A stream was read completely.',
  stream_readable: '`--test` read the stream.',
  stream_unknown: 'The catalog names a stream that the tap does not have.',
  stream_unreadable: '`--test` could not read the stream. `code` is the error code.',
  sync_resumed: 'An interrupted sync was resumed.',
  tables_locked: 'Another load has the tables locked.',
  unexpected_error: 'A bug: the program failed with an error that has no code.',
  url_option_ignored: 'An option of `warehouse_url` has no effect.',
  values_cut: 'A table of a query shows only the beginning of long values.',
  variant_column_used: 'Values that do not fit a column were stored in its variant column.',
  wal_left: 'The DuckDB file was closed, but its WAL file was left.',
  warehouse_retried: 'A transient warehouse failure. The same work is retried.',
  warehouse_writable: '`--test` wrote to the warehouse.',
} as const

export type LogEventName = keyof typeof LOG_EVENTS
