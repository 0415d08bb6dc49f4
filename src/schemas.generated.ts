/*
 * Validated settings, in which a setting with a default is always present, and the records that the
 * programs write. Written by `npm run generate` from schemas/. Do not edit.
 */

/**
 * A connection of customerio-sync: what to read, where to load it, and when. ${NAME} in a string inserts an environment variable.
 */
export interface ConnectionConfig {
  /**
   * URL of this schema, for editors.
   */
  $schema?: string
  /**
   * Name of the connection in the history, in webhooks and in logs. By default the file name without .json; in a workspace it is always that. Without an id, the tables belong to the name.
   */
  name?: string
  /**
   * Identifies the connection in the warehouse, even after a rename. init writes a random ID. A copy of the file needs another ID. Without an ID, the name identifies the connection.
   */
  id?: string
  source: TapConfig
  /**
   * Settings of target-warehouse: those of a shared destination, its own, or both. Its own settings win.
   */
  destination?: TargetConfig & {
    /**
     * Shared destination to take settings from: the name of a file in destinations/, without .json.
     */
    use?: string
  }
  /**
   * Streams to read, each with its mode. incremental reads what changed. full_refresh reads everything and finds deleted rows. Some streams have only one mode. Streams that are not listed are not read. By default the streams of source.streams, each in the first of its modes; streams with personal data only if they are named there.
   */
  resources?: {
    newsletters?: 'incremental' | 'full_refresh'
    campaigns?: 'incremental' | 'full_refresh'
    campaign_actions?: 'incremental' | 'full_refresh'
    broadcasts?: 'incremental' | 'full_refresh'
    transactional_messages?: 'incremental' | 'full_refresh'
    segments?: 'incremental' | 'full_refresh'
    sender_identities?: 'full_refresh'
    subscription_topics?: 'full_refresh'
    subscription_channels?: 'full_refresh'
    object_types?: 'full_refresh'
    collections?: 'full_refresh' | 'incremental'
    snippets?: 'full_refresh' | 'incremental'
    workspaces?: 'full_refresh'
    newsletter_contents?: 'incremental' | 'full_refresh'
    broadcast_actions?: 'incremental' | 'full_refresh'
    broadcast_triggers?: 'incremental' | 'full_refresh'
    transactional_contents?: 'incremental' | 'full_refresh'
    segment_usage?: 'full_refresh'
    segment_counts?: 'incremental'
    messages?: 'incremental'
  }
  /**
   * When `start` or `console` runs the connection.
   */
  schedule?: {
    /**
     * manual runs only when started manually. basic runs at an interval. cron runs at the times of an expression.
     */
    type: 'manual' | 'basic' | 'cron'
    /**
     * basic: interval between runs.
     */
    every?: '5m' | '10m' | '15m' | '30m' | '1h' | '3h' | '6h' | '12h' | '24h'
    /**
     * basic: time of day in UTC, HH:MM, from which intervals count. By default midnight.
     */
    start_at?: string
    /**
     * cron: five fields (minute, hour, day of month, month, day of week).
     */
    expression?: string
    /**
     * cron: IANA time zone of the expression. By default UTC.
     */
    timezone?: string
    /**
     * basic, cron: true starts no runs until it is removed. One catch-up run follows when a tick was missed meanwhile.
     */
    paused?: boolean
  }
  /**
   * Webhook that is called when a run fails, when a run succeeds again, and when no run has succeeded for too long.
   */
  notify?: {
    /**
     * URL that events are sent to as JSON with POST. Must be https, except on a loopback address.
     */
    url: string
    /**
     * Key of the HMAC-SHA256 signature in the header X-Customerio-Sync-Signature.
     */
    secret?: string
    /**
     * Form of the body. teams adds the Adaptive Card that a workflow of Microsoft Teams needs. Slack and Mattermost show the field text of json. By default teams for hosts of Power Automate, otherwise json.
     */
    format?: 'json' | 'teams'
    /**
     * Hours without a successful run after which an event is sent. By default never.
     */
    stale_after_hours?: number
  }
  /**
   * Folder of the history and the lock. By default .customerio-sync/<file name>. Relative to the workspace, or to the file when it is not in a workspace.
   */
  data_folder?: string
  /**
   * Number of months with runs that the history keeps.
   */
  history_months: number
}

/**
 * A destination of a workspace, which several connections can use. ${NAME} in a string inserts an environment variable.
 */
export type DestinationConfig = TargetConfig & {
  /**
   * URL of this schema, for editors.
   */
  $schema?: string
}

/**
 * Settings of tap-customerio.
 */
export interface TapConfig {
  /**
   * App API key of the workspace (Settings > Account settings > API credentials > App API keys). A Track API key does not work.
   */
  app_api_key: string
  /**
   * Data center of the account. us reads https://api.customer.io/v1, eu reads https://api-eu.customer.io/v1.
   */
  region: 'us' | 'eu'
  /**
   * Base URL to use instead of the region's. Must be https, except on a loopback address.
   */
  api_url?: string
  /**
   * Streams that --discover lists: core (newsletters, campaigns and campaign_actions), workspace (also those that describe the workspace), or all (also personal data). Of these, only the core streams are selected by default. A list of names selects these streams instead. A string can hold names with commas between.
   */
  streams:
    | ('core' | 'workspace' | 'all')
    | (
        | 'newsletters'
        | 'campaigns'
        | 'campaign_actions'
        | 'broadcasts'
        | 'transactional_messages'
        | 'segments'
        | 'sender_identities'
        | 'subscription_topics'
        | 'subscription_channels'
        | 'object_types'
        | 'collections'
        | 'snippets'
        | 'workspaces'
        | 'newsletter_contents'
        | 'broadcast_actions'
        | 'broadcast_triggers'
        | 'transactional_contents'
        | 'segment_usage'
        | 'segment_counts'
        | 'messages'
      )[]
  /**
   * The first incremental sync reads what was updated at or after this instant. An RFC 3339 date or date-time; UTC when it has no time zone.
   */
  start_date?: string
  /**
   * Like start_date, as days before the start of the first sync. If both are set, the later one counts. Ignored when there is a bookmark, and for FULL_TABLE.
   */
  cutoff_days?: number
  /**
   * Seconds before the bookmark from which an incremental sync reads again. Never reaches back before the start of the first sync.
   */
  lookback_seconds: number
  /**
   * Deletion guard, in percent of the rows of the last complete read. A FULL_TABLE read that would mark more rows as deleted fails and marks none. 100 turns the guard off.
   */
  max_deleted_percent: number
  /**
   * Most requests in any rolling second, including retries. Customer.io's limit is 10 for all API users of the workspace together.
   */
  requests_per_second: number
  /**
   * Seconds that one attempt may take, including the response body.
   */
  request_timeout_seconds: number
  /**
   * Seconds during which one request may be retried.
   */
  retry_budget_seconds: number
  /**
   * Whether to send ACTIVATE_VERSION after a FULL_TABLE stream was read completely. Targets use it to find deleted rows.
   */
  emit_activate_version_messages: boolean
  /**
   * String to add after tap-customerio/<version> in the User-Agent header.
   */
  user_agent?: string
}

/**
 * Settings of target-warehouse.
 */
export interface TargetConfig {
  /**
   * Warehouse to load into. The scheme selects the warehouse: duckdb:PATH for a DuckDB file, which is created if it does not exist, postgres://USER:PASSWORD@HOST:PORT/DATABASE for PostgreSQL, ducklake:CATALOG?data_path=PLACE for a lake, iceberg:https://CATALOG?warehouse=NAME for Iceberg, or clickhouse://USER:PASSWORD@HOST:PORT/DATABASE for ClickHouse.
   */
  warehouse_url: string
  /**
   * Database schema of all tables. Created if it does not exist. By default the database's own default schema.
   */
  default_target_schema?: string
  /**
   * Prefix of every table name, used as written. Include the underscore.
   */
  table_prefix: string
  /**
   * upsert replaces rows with the same key properties and appends to streams without any. append-only always adds rows. overwrite empties each table once per run, in the transaction of its first batch.
   */
  load_method: 'upsert' | 'append-only' | 'overwrite'
  /**
   * Whether deleted rows are removed from the warehouse. By default they are marked in _sdc_deleted_at.
   */
  hard_delete: boolean
  /**
   * Whether each table gets a view NAME_live of the rows that are not marked as deleted. Not in Iceberg.
   */
  create_live_views: boolean
  /**
   * Whether ACTIVATE_VERSION marks or removes rows of older versions.
   */
  process_activate_version_messages: boolean
  /**
   * Whether tables get the seven _sdc_ columns of the Meltano SDK. The columns that versions need are always added to streams with versions.
   */
  add_record_metadata: boolean
  /**
   * Whether to validate records against the SCHEMA of their stream. Values that do not fit their type are never loaded, whatever this setting.
   */
  validate_records: boolean
  /**
   * fail stops the load at the first invalid record. reject skips invalid records, counts them, and stores their key and the reason in the table <prefix>_sdc_rejects.
   */
  on_invalid_record: 'fail' | 'reject'
  /**
   * Most rows that wait for a commit, in all streams together. 50000 by default; 200000 for DuckLake and Iceberg, 1000000 for ClickHouse.
   */
  batch_size_rows?: number
  /**
   * Most bytes of input that wait for a commit, in all streams together. 64 MiB by default; 256 MiB for DuckLake and Iceberg, 1 GiB for ClickHouse.
   */
  batch_size_bytes?: number
  /**
   * Seconds after which waiting rows are committed, even if the batch is not full and no more input arrives.
   */
  batch_wait_limit_seconds: number
}

/**
 * One run of a connection. `run --json` and `resync --json` print it, `history --json` prints an array of it, and the history file stores it.
 */
export interface RunRecord {
  /**
   * Identifies the run: a random UUID.
   */
  run_id: string
  /**
   * Name of the connection.
   */
  connection: string
  trigger: Trigger
  /**
   * When the run started: RFC 3339, in UTC.
   */
  started_at: string
  /**
   * When the run ended: RFC 3339, in UTC. Null while it is running, and after a crash.
   */
  ended_at: string | null
  /**
   * How long the run took, in seconds, rounded to 0.1. Null while it is running, and after a crash.
   */
  seconds: number | null
  outcome: Outcome
  /**
   * Exit status of `customerio-sync run` for this run. Null while it is running, and after a crash.
   */
  exit_status: number | null
  /**
   * The error that ended the run. Null unless the run failed.
   */
  error: RunError | null
  /**
   * Requests to the App API, with retries.
   */
  requests: number
  /**
   * Requests that were retries.
   */
  retries: number
  /**
   * Responses of the App API with status 429.
   */
  rate_limited: number
  /**
   * Run stats of each stream that the run read. Empty for a run that could not start.
   */
  streams: StreamRecord[]
  /**
   * Whether the run read every stream of its connection. Missing in records of earlier versions and of a run that could not start.
   */
  is_whole?: boolean
  /**
   * Whether the run is still running. Only in `history --json` and `status --json`.
   */
  is_running?: boolean
}

/**
 * What started the run: a person (`manual`), the schedule (`schedule`), the schedule for ticks that it missed (`catch_up`), or the command `resync`.
 */
export type Trigger = 'manual' | 'schedule' | 'catch_up' | 'resync'

/**
 * `stopped`: a signal ended the run. `crashed`: the runner was killed before it could record the end.
 */
export type Outcome = 'succeeded' | 'failed' | 'stopped' | 'crashed'

/**
 * The error that ended a run.
 */
export interface RunError {
  /**
   * The program that failed.
   */
  program: 'tap-customerio' | 'target-warehouse' | 'customerio-sync'
  /**
   * Error code, as in the log lines. Null for a program that ended without one.
   */
  code: string | null
  /**
   * What failed, and the next step. Holds no secret and no value of a record.
   */
  message: string
}

/**
 * Run stats of one stream.
 */
export interface StreamRecord {
  /**
   * Name of the stream.
   */
  stream: string
  /**
   * How the stream was read: what changed, or everything.
   */
  mode: 'incremental' | 'full_refresh'
  /**
   * Records that the tap wrote.
   */
  rows_read: number
  /**
   * Records that the target committed.
   */
  rows_loaded: number
  /**
   * Rows that a full refresh deleted, soft or hard.
   */
  rows_deleted: number
  /**
   * Records that did not match their schema and were not loaded.
   */
  rows_rejected: number
  /**
   * Bookmark before the run: RFC 3339. Null for none.
   */
  bookmark_before: string | null
  /**
   * Bookmark after the run: RFC 3339. Null for none.
   */
  bookmark_after: string | null
  /**
   * Time spent reading the stream, in seconds, rounded to 0.1.
   */
  seconds: number
}

/**
 * An event that customerio-sync posts to the webhook of a connection. With a `secret`, the header X-Customerio-Sync-Signature holds `sha256=` and the hexadecimal HMAC-SHA256 of the body.
 */
export interface WebhookEvent {
  /**
   * The event as one sentence, for chats: Slack and Mattermost show it. Written again for every attempt.
   */
  text: string
  event: EventName
  /**
   * Identifies the event: a random UUID. Every attempt to deliver the event has the same one.
   */
  event_id: string
  /**
   * Name of the connection.
   */
  connection: string
  /**
   * When the event was first sent: RFC 3339, in UTC.
   */
  sent_at: string
  /**
   * Start of the last run that read every stream and succeeded: RFC 3339, in UTC. Null for none.
   */
  last_success_at: string | null
  /**
   * The run that the event is about. Null for `stale` before the first run, and for `test`.
   */
  run: RunSummary | null
  /**
   * Only with the format `teams`.
   */
  type?: 'message'
  /**
   * Only with the format `teams`: one Adaptive Card with the text, which a workflow of Microsoft Teams shows.
   */
  attachments?: TeamsAttachment[]
}

/**
 * `run_failed`: a run failed, crashed or could not start, and the run before it had not. `run_recovered`: a run of every stream succeeded after `run_failed` or `stale`. `stale`: no run of every stream succeeded within `stale_after_hours`. An undelivered event is retried with the same event_id, unless a later run makes it obsolete. `test`: sent by `customerio-sync notify test`, once.
 */
export type EventName = 'run_failed' | 'run_recovered' | 'stale' | 'test'

/**
 * An Adaptive Card for Microsoft Teams.
 */
export interface TeamsAttachment {
  contentType: 'application/vnd.microsoft.card.adaptive'
  contentUrl: null
  /**
   * The card: one text block.
   */
  content: {
    [k: string]: unknown
  }
}

/**
 * One run, with the sums over its streams.
 */
export interface RunSummary {
  /**
   * Identifies the run: a random UUID.
   */
  run_id: string
  /**
   * What started the run: a person (`manual`), the schedule (`schedule`), the schedule for ticks that it missed (`catch_up`), or the command `resync`.
   */
  trigger: 'manual' | 'schedule' | 'catch_up' | 'resync'
  /**
   * When the run started: RFC 3339, in UTC.
   */
  started_at: string
  /**
   * When the run ended: RFC 3339, in UTC. Null after a crash.
   */
  ended_at: string | null
  /**
   * `stopped`: a signal ended the run. `crashed`: the runner was killed before it could record the end.
   */
  outcome: 'succeeded' | 'failed' | 'stopped' | 'crashed'
  /**
   * Exit status of `customerio-sync run` for this run. Null after a crash.
   */
  exit_status: number | null
  /**
   * The error that ended the run. Null unless the run failed.
   */
  error: RunError | null
  /**
   * Records that the tap wrote.
   */
  rows_read: number
  /**
   * Records that the target committed.
   */
  rows_loaded: number
  /**
   * Rows that full refreshes deleted, soft or hard.
   */
  rows_deleted: number
  /**
   * Records that did not match their schema and were not loaded.
   */
  rows_rejected: number
}
