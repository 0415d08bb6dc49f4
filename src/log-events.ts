/**
 * Every event that a program logs, with its meaning. In JSON lines the code is `extra.event_code`. Programs match
 * on these codes, never on message text.
 */
export const LOG_EVENTS = {
  actions_changed:
    'Actions of older campaigns changed without a newer time: all actions are written.',
  activate_version_ignored: 'An ACTIVATE_VERSION was not applied, because rows could be lost.',
  bookmark_in_future: 'A bookmark later than now was replaced.',
  campaign_deleted: 'A campaign was deleted while its actions were read.',
  characters_replaced: 'Characters that the warehouse cannot store were replaced by U+FFFD.',
  clock_differs: "The local clock differs from the server's.",
  column_in_use: 'A column kept its type because another object uses it.',
  column_widened: 'A column gets a wider type with the next commit.',
  dates_out_of_range:
    'A column kept its type because it holds dates outside the range of timestamps.',
  empty_state_ignored: 'An empty STATE message was skipped.',
  failed: 'The program ends with an error; `code` is its error code.',
  file_locked: 'Another process holds the DuckDB file.',
  key_properties_changed: 'The key properties of a stream changed.',
  list_read_again: 'A list was read a second time because rows were deleted while it was read.',
  load_finished: 'The input ended and everything is committed.',
  memory_limit_refused: 'DuckDB did not accept a memory limit.',
  message_type_unknown: 'Messages of an unknown type were skipped.',
  metadata_columns_added: 'Metadata columns that versions need were added.',
  metrics_served: 'The metrics endpoint is listening.',
  no_stream_selected: 'The catalog selects no stream.',
  properties_undeclared: 'Records have properties that their SCHEMA does not declare.',
  record_rejected: 'A record did not match its SCHEMA and was not loaded.',
  request_retried: 'A request failed and is retried.',
  requests_made: 'Totals of all requests, at the end of the tap.',
  resume_found_nothing: 'Nothing was left to resume; everything is read again.',
  server_date_missing: 'The server sent no Date header.',
  settings_unknown: 'The configuration has settings that are not known.',
  start_date_in_future: '`start_date` is later than now.',
  state_unrecognized: 'The state has no bookmarks of this tap.',
  stopped: 'A signal stopped the program.',
  stream_failed: 'A stream was not read to its end; `code` is the error code.',
  stream_finished: 'A stream was read to its end.',
  stream_readable: '`--test` could read the stream.',
  stream_unknown: 'The catalog names a stream that the tap does not have.',
  stream_unreadable: '`--test` could not read the stream; `code` is the error code.',
  sync_resumed: 'An interrupted sync was resumed.',
  tables_locked: 'Another load holds the tables.',
  unexpected_error: 'A bug: the program ends with an error that has no code.',
  url_option_ignored: 'An option of `warehouse_url` has no effect.',
  variant_column_used: 'Values that do not fit into a column were stored in its variant column.',
  wal_left: 'The DuckDB file was closed with its WAL file.',
  warehouse_retried: 'A transient warehouse failure; the same work is retried.',
  warehouse_writable: '`--test` could write to the warehouse.',
} as const

export type LogEventName = keyof typeof LOG_EVENTS
