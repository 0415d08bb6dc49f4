/*
 * Validated settings: one with a default is always present.
 * Written by `npm run generate` from schemas/config/. Do not edit.
 */

/**
 * A connection of customerio-sync: what is read from where, into which warehouse, and when. ${NAME} in a text takes an environment variable.
 */
export interface ConnectionConfig {
  /**
   * Where this schema is, for editors.
   */
  $schema?: string
  /**
   * Name of the connection in the history, in webhooks and in the warehouse, which belongs to one connection. By default the name of the file without .json.
   */
  name?: string
  /**
   * By which the warehouse knows the connection, whatever its name; init writes a random one. A copy of the file for another workspace needs another id, or none: without one the name counts.
   */
  id?: string
  source: TapConfig
  destination?: TargetConfig
  /**
   * What is read, and how: incremental reads what changed, full_refresh reads all and retires what is gone. A resource that is not named is not read. By default all three, incremental.
   */
  resources?: {
    newsletters?: 'incremental' | 'full_refresh'
    campaigns?: 'incremental' | 'full_refresh'
    campaign_actions?: 'incremental' | 'full_refresh'
  }
  /**
   * When `start` runs the connection.
   */
  schedule?: {
    /**
     * manual runs only when told to, basic at an interval, cron at the times of an expression.
     */
    type: 'manual' | 'basic' | 'cron'
    /**
     * basic: the interval.
     */
    every?: '5m' | '10m' | '15m' | '30m' | '1h' | '3h' | '6h' | '12h' | '24h'
    /**
     * basic: a time of day in UTC, HH:MM, from which the intervals count. By default midnight.
     */
    start_at?: string
    /**
     * cron: five fields, minute, hour, day of month, month, day of week.
     */
    expression?: string
    /**
     * cron: the IANA time zone in which the expression is read. By default UTC.
     */
    timezone?: string
  }
  /**
   * A webhook that is told when a run fails, when one succeeds again, and when none has succeeded for too long.
   */
  notify?: {
    /**
     * Where the JSON is posted. https only, except on a loopback address.
     */
    url: string
    /**
     * Key of the HMAC-SHA256 signature in the header X-Customerio-Sync-Signature.
     */
    secret?: string
    /**
     * Hours without a succeeded run after which the webhook is told. By default never.
     */
    stale_after_hours?: number
  }
  /**
   * Folder of the history and the lock, relative to the connection file. By default .customerio-sync/<name of the file> beside it.
   */
  data_folder?: string
  /**
   * How many months with runs the history keeps.
   */
  history_months: number
}

/**
 * Settings of tap-customerio.
 */
export interface TapConfig {
  /**
   * App API key of the workspace (Settings > Account settings > API credentials > App API keys). Not a Track API key.
   */
  app_api_key: string
  /**
   * Data center of the account: us reads https://api.customer.io/v1, eu reads https://api-eu.customer.io/v1.
   */
  region: 'us' | 'eu'
  /**
   * Replaces the region's base URL. https only, except on a loopback address.
   */
  api_url?: string
  /**
   * The first incremental sync takes what was updated at or after this instant: a date or an RFC 3339 date-time, UTC where no zone is given.
   */
  start_date?: string
  /**
   * The same as start_date, as a number of days before the first sync starts; the later of the two counts. Ignored once there is a bookmark and for FULL_TABLE.
   */
  cutoff_days?: number
  /**
   * How many seconds before the bookmark an incremental sync reads again, but nothing before the start of the first sync.
   */
  lookback_seconds: number
  /**
   * A FULL_TABLE read that would retire more than this percentage of the rows of the last complete read retires none and fails; 100 lets every read pass.
   */
  max_deleted_percent: number
  /**
   * Ceiling of requests in any rolling second, retries included. The workspace's other API users share Customer.io's limit of 10.
   */
  requests_per_second: number
  /**
   * Seconds that one attempt may take, its body included.
   */
  request_timeout_seconds: number
  /**
   * Seconds that one request may be retried in all.
   */
  retry_budget_seconds: number
  /**
   * Whether a completely read FULL_TABLE stream ends with ACTIVATE_VERSION, by which targets retire rows that are gone.
   */
  emit_activate_version_messages: boolean
  /**
   * Text added after tap-customerio/<version> in the User-Agent header.
   */
  user_agent?: string
}

/**
 * Settings of target-warehouse.
 */
export interface TargetConfig {
  /**
   * Where to load; the scheme picks the warehouse. duckdb:PATH writes a DuckDB file, which is created when it is missing; postgres://USER:PASSWORD@HOST:PORT/DATABASE loads into PostgreSQL.
   */
  warehouse_url: string
  /**
   * Schema (namespace) of all tables, created when it is missing. Without it, the database's default schema.
   */
  default_target_schema?: string
  /**
   * Text put in front of every table name, literally: nothing is added between, so write the underscore too.
   */
  table_prefix: string
  /**
   * upsert replaces rows with the same key properties, and appends where a stream has none; append-only always adds rows; overwrite empties each table once a run, in the transaction of its first batch.
   */
  load_method: 'upsert' | 'append-only' | 'overwrite'
  /**
   * Whether rows that are gone at the source are deleted; otherwise they are marked in _sdc_deleted_at.
   */
  hard_delete: boolean
  /**
   * Whether ACTIVATE_VERSION takes out the rows of older versions of a table.
   */
  process_activate_version_messages: boolean
  /**
   * Whether tables get the seven _sdc_ columns of the Meltano SDK. Those that versions need are added when a stream has versions.
   */
  add_record_metadata: boolean
  /**
   * Whether records are checked against the SCHEMA of their stream. A value that does not fit its type is never loaded, whatever this says.
   */
  validate_records: boolean
  /**
   * fail stops the load at the first invalid record; reject leaves such records out, counts them and keeps their key and the reason in the table <prefix>_sdc_rejects.
   */
  on_invalid_record: 'fail' | 'reject'
  /**
   * Most rows that wait for a commit, all streams together.
   */
  batch_size_rows: number
  /**
   * Most input in bytes that waits for a commit, all streams together.
   */
  batch_size_bytes: number
  /**
   * Seconds after which rows are committed even when their batch is not full and no more input comes.
   */
  batch_wait_limit_seconds: number
}
