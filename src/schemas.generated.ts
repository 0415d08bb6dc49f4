/*
 * Validated settings: one with a default is always present.
 * Written by `npm run generate` from schemas/config/. Do not edit.
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
   * Name of the connection in the history, in webhooks and in the warehouse. By default the file name without .json. The tables of a connection belong to it.
   */
  name?: string
  /**
   * Identifies the connection in the warehouse, even after a rename. init writes a random ID. A copy of the file needs another ID. Without an ID, the name identifies the connection.
   */
  id?: string
  source: TapConfig
  destination?: TargetConfig
  /**
   * Streams to read, and how. incremental reads what changed. full_refresh reads everything and finds deleted rows. Streams that are not listed are not read. By default all three, incremental.
   */
  resources?: {
    newsletters?: 'incremental' | 'full_refresh'
    campaigns?: 'incremental' | 'full_refresh'
    campaign_actions?: 'incremental' | 'full_refresh'
  }
  /**
   * When `customerio-sync start` runs the connection.
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
     * Hours without a successful run after which an event is sent. By default never.
     */
    stale_after_hours?: number
  }
  /**
   * Folder of the history and the lock, relative to the connection file. By default .customerio-sync/<file name> next to the file.
   */
  data_folder?: string
  /**
   * Number of months with runs that the history keeps.
   */
  history_months: number
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
   * Warehouse to load into. The scheme selects the warehouse: duckdb:PATH for a DuckDB file, which is created if it does not exist, or postgres://USER:PASSWORD@HOST:PORT/DATABASE for PostgreSQL.
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
   * Most rows that wait for a commit, in all streams together.
   */
  batch_size_rows: number
  /**
   * Most bytes of input that wait for a commit, in all streams together.
   */
  batch_size_bytes: number
  /**
   * Seconds after which waiting rows are committed, even if the batch is not full and no more input arrives.
   */
  batch_wait_limit_seconds: number
}
