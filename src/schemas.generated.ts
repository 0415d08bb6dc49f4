/* Written by `npm run generate` from schemas/. Do not edit. */

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
    type?: 'manual' | 'basic' | 'cron'
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
  history_months?: number
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
  region?: 'us' | 'eu'
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
  lookback_seconds?: number
  /**
   * A FULL_TABLE read that would retire more than this percentage of the rows of the last complete read retires none and fails; 100 lets every read pass.
   */
  max_deleted_percent?: number
  /**
   * Ceiling of requests in any rolling second, retries included. The workspace's other API users share Customer.io's limit of 10.
   */
  requests_per_second?: number
  /**
   * Seconds that one attempt may take, its body included.
   */
  request_timeout_seconds?: number
  /**
   * Seconds that one request may be retried in all.
   */
  retry_budget_seconds?: number
  /**
   * Whether a completely read FULL_TABLE stream ends with ACTIVATE_VERSION, by which targets retire rows that are gone.
   */
  emit_activate_version_messages?: boolean
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
  warehouse_url?: string
  /**
   * Schema (namespace) of all tables, created when it is missing. Without it, the database's default schema.
   */
  default_target_schema?: string
  /**
   * Text put in front of every table name, literally: nothing is added between, so write the underscore too.
   */
  table_prefix?: string
  /**
   * upsert replaces rows with the same key properties, and appends where a stream has none; append-only always adds rows; overwrite empties each table once a run, in the transaction of its first batch.
   */
  load_method?: 'upsert' | 'append-only' | 'overwrite'
  /**
   * Whether rows that are gone at the source are deleted; otherwise they are marked in _sdc_deleted_at.
   */
  hard_delete?: boolean
  /**
   * Whether ACTIVATE_VERSION takes out the rows of older versions of a table.
   */
  process_activate_version_messages?: boolean
  /**
   * Whether tables get the seven _sdc_ columns of the Meltano SDK. Those that versions need are added when a stream has versions.
   */
  add_record_metadata?: boolean
  /**
   * Whether records are checked against the SCHEMA of their stream. A value that does not fit its type is never loaded, whatever this says.
   */
  validate_records?: boolean
  /**
   * fail stops the load at the first invalid record; reject leaves such records out, counts them and keeps their key and the reason in the table <prefix>_sdc_rejects.
   */
  on_invalid_record?: 'fail' | 'reject'
  /**
   * Most rows that wait for a commit, all streams together.
   */
  batch_size_rows?: number
  /**
   * Most input in bytes that waits for a commit, all streams together.
   */
  batch_size_bytes?: number
  /**
   * Seconds after which rows are committed even when their batch is not full and no more input comes.
   */
  batch_wait_limit_seconds?: number
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
  is_under_way?: boolean
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
   * The run that the event is about. Null for `stale` before the first run.
   */
  run: RunSummary | null
}

/**
 * `run_failed`: a run failed, crashed or could not start, and the run before it had not. `run_recovered`: a run of every stream succeeded after `run_failed` or `stale`. `stale`: no run of every stream succeeded within `stale_after_hours`. An undelivered event is retried with the same event_id, unless a later run makes it obsolete.
 */
export type EventName = 'run_failed' | 'run_recovered' | 'stale'

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

/**
 * An action of a campaign: a message in any channel and language, a webhook, an attribute update or another kind of step. Fields of other kinds are null.
 */
export interface CampaignAction {
  /**
   * Campaign that the action belongs to, as in campaigns.id.
   */
  campaign_id?: null | number
  /**
   * Action identifier. A string here and in campaigns.actions, so that joins need no cast.
   */
  id?: null | string
  /**
   * Action that this one belongs to (a randomized split, for example).
   */
  parent_action_id?: null | string
  /**
   * Broadcast identifier. Documented by Customer.io, not seen in practice.
   */
  broadcast_id?: null | number
  /**
   * Changes with every edit. Carried as sent: its format is documented as `id:timestamp`, but the parts do not always match the row.
   */
  deduplicate_id?: null | string
  /**
   * Action name; may be empty.
   */
  name?: null | string
  /**
   * Kind of action: email, in_app, push, twilio (SMS), slack, whatsapp, webhook, attribute_update, or one that was added since.
   */
  type?: null | string
  /**
   * When it was created.
   */
  created?: null | string
  /**
   * When it was last updated. The replication key.
   */
  updated?: null | string
  /**
   * automatic, draft or off; null for actions that send nothing.
   */
  sending_state?: null | string
  /**
   * Layout of the message; empty when there is none.
   */
  layout?: null | string
  /**
   * Body of the message or request; for WhatsApp JSON text with the template and its parameters.
   */
  body?: null | string
  /**
   * Body as plain text. Not documented by Customer.io.
   */
  body_plain?: null | string
  /**
   * Body as AMP HTML (email).
   */
  body_amp?: null | string
  /**
   * Content of the visual editor (WhatsApp).
   */
  body_json?: null | string
  /**
   * Editor that the message was made with. Not documented by Customer.io.
   */
  editor?: null | string
  /**
   * Language of this variant; empty for the default one.
   */
  language?: null | string
  /**
   * Sending address (email).
   */
  from?: null | string
  /**
   * Identifier of the sender.
   */
  from_id?: null | number
  /**
   * Address that receives replies.
   */
  reply_to?: null | string
  /**
   * Identifier of the reply-to address.
   */
  reply_to_id?: null | number
  /**
   * Recipient, often a Liquid expression.
   */
  recipient?: null | string
  /**
   * By its name, the workspace. Not documented by Customer.io.
   */
  recipient_environment_id?: null | number
  /**
   * Subject line.
   */
  subject?: null | string
  /**
   * Preview text beside the subject.
   */
  preheader_text?: null | string
  /**
   * Carbon-copy addresses.
   */
  cc?: null | string
  /**
   * Blind-copy addresses.
   */
  bcc?: null | string
  /**
   * Whether copies name the recipients in the subject in place of a true BCC.
   */
  fake_bcc?: null | boolean
  /**
   * CSS preprocessor: premailer or empty.
   */
  preprocessor?: null | string
  /**
   * Headers, as JSON text (email and webhook).
   */
  headers?: null | string
  /**
   * Image of the message (SMS).
   */
  image_url?: null | string
  /**
   * Phone number that it is sent from (WhatsApp).
   */
  sender_identity_id?: null | number
  /**
   * Whether unsubscribed people receive it (WhatsApp).
   */
  send_to_unsubscribed?: null | boolean
  /**
   * Whether links are tracked (WhatsApp).
   */
  tracked?: null | boolean
  /**
   * URL that the request goes to (webhook).
   */
  url?: null | string
  /**
   * HTTP method (webhook).
   */
  method?: null | string
  /**
   * HTTP method under its other name (webhook). Not documented by Customer.io.
   */
  request_method?: null | string
  /**
   * Action that the language variants of one message share. Not documented by Customer.io.
   */
  multi_language_branch_action_id?: null | string
  /**
   * Fields that the API sent and this schema does not know, or whose value does not fit the declared type, by name and as sent. Null when there are none.
   */
  additional_fields?: null | {
    [k: string]: unknown
  }
  [k: string]: unknown
}

/**
 * A campaign (automation) of the workspace, of any of the seven kinds of trigger. Fields of other kinds are null.
 */
export interface Campaign {
  /**
   * Campaign identifier.
   */
  id?: null | number
  /**
   * Changes with every edit. Carried as sent: its format is documented as `id:timestamp`, but the parts do not always match the row.
   */
  deduplicate_id?: null | string
  /**
   * Campaign name.
   */
  name?: null | string
  /**
   * Campaign description; null when none was set.
   */
  description?: null | string
  /**
   * Kind of trigger: segment, event, form, date, relationship, object, webhook, or a value outside the documentation such as seg_attr. Deprecated by Customer.io.
   */
  type?: null | string
  /**
   * When it was created.
   */
  created?: null | string
  /**
   * When it was last updated. Editing an action does not change it. The replication key.
   */
  updated?: null | string
  /**
   * Whether it is active and can still send messages.
   */
  active?: null | boolean
  /**
   * Status: running, draft, stopped, or one that was added since.
   */
  state?: null | string
  /**
   * The actions of the campaign that the list names; campaign_actions has them all.
   */
  actions?:
    | null
    | (null | {
        /**
         * Kind of action.
         */
        type?: null | string
        /**
         * Action identifier, as in campaign_actions.id.
         */
        id?: null | string
        [k: string]: unknown
      })[]
  /**
   * When it was first started; null when it never was.
   */
  first_started?: null | string
  /**
   * Tags on the campaign.
   */
  tags?: null | (null | string)[]
  /**
   * Segments in the trigger (segment trigger).
   */
  trigger_segment_ids?: null | (null | number)[]
  /**
   * Segments that filter the audience.
   */
  filter_segment_ids?: null | (null | number)[]
  /**
   * Message templates of the campaign (segment trigger). Deprecated by Customer.io.
   */
  msg_templates?:
    | null
    | (null | {
        /**
         * Kind of message.
         */
        type?: null | string
        /**
         * Template identifier.
         */
        id?: null | number
        [k: string]: unknown
      })[]
  /**
   * Name of the event (event trigger).
   */
  event_name?: null | string
  /**
   * Kind of event. Not documented by Customer.io.
   */
  event_type?: null | string
  /**
   * How often a person can enter: once, monthly, yearly (date trigger).
   */
  frequency?: null | string
  /**
   * Profile attribute that holds the date (date trigger).
   */
  date_attribute?: null | string
  /**
   * Time zone of the trigger (date trigger).
   */
  timezone?: null | string
  /**
   * Whether each person's own time zone is used (date trigger).
   */
  use_customer_timezone?: null | boolean
  /**
   * Hour of the trigger, 0 to 23 (date trigger).
   */
  start_hour?: null | number
  /**
   * Minute of the trigger (date trigger).
   */
  start_minutes?: null | number
  /**
   * Object type of the trigger (relationship and object triggers).
   */
  object_type_id?: null | number
  /**
   * Object attributes that filter the audience, as JSON text (relationship and object triggers).
   */
  filter_object_attributes?: null | string
  /**
   * Relationship attributes that filter the audience, as JSON text (relationship and object triggers).
   */
  filter_relationship_attributes?: null | string
  /**
   * Who starts a journey (relationship and object triggers): type 0 is the person added to the object, 1 is people in the object; person_filters and relationship_filters as sent, in practice JSON text.
   */
  audience?: null | {
    [k: string]: unknown
  }
  /**
   * Relationship attributes that trigger the campaign, as JSON text (relationship trigger).
   */
  relationship_attribute_triggers?: null | string
  /**
   * Object attributes that trigger the campaign, as JSON text (object trigger).
   */
  object_attribute_triggers?: null | string
  /**
   * Identifier of the webhook (webhook trigger).
   */
  webhook_id?: null | number
  /**
   * When the campaign is scheduled to start. Not documented by Customer.io.
   */
  scheduled_start?: null | string
  /**
   * When the campaign is scheduled to stop. Not documented by Customer.io.
   */
  scheduled_stop?: null | string
  /**
   * Whether people who already match enter at the scheduled start. Not documented by Customer.io.
   */
  scheduled_start_should_backfill?: null | boolean
  /**
   * Whether people may finish after the scheduled stop. Not documented by Customer.io.
   */
  scheduled_stop_should_sunset?: null | boolean
  /**
   * Who created the campaign. Not documented by Customer.io.
   */
  created_by?: null | string
  /**
   * Fields that the API sent and this schema does not know, or whose value does not fit the declared type, by name and as sent. Null when there are none.
   */
  additional_fields?: null | {
    [k: string]: unknown
  }
  [k: string]: unknown
}

/**
 * A newsletter (one-time send) of the workspace.
 */
export interface Newsletter {
  /**
   * Newsletter identifier.
   */
  id?: null | number
  /**
   * Changes with every edit. Carried as sent: its format is documented as `id:timestamp`, but the parts do not always match the row.
   */
  deduplicate_id?: null | string
  /**
   * Newsletter name.
   */
  name?: null | string
  /**
   * Channel: email, webhook, twilio, push, in_app, inbox, or one that was added since.
   */
  type?: null | string
  /**
   * Identifiers of the message variants (translations or A/B tests).
   */
  content_ids?: null | (null | number)[]
  /**
   * When it was last sent; null when it never was.
   */
  sent_at?: null | string
  /**
   * When it was created.
   */
  created?: null | string
  /**
   * When it was last updated. The replication key.
   */
  updated?: null | string
  /**
   * Tags on the newsletter.
   */
  tags?: null | (null | string)[]
  /**
   * Segments in the recipient conditions; null when there are none.
   */
  recipient_segment_ids?: null | (null | number)[]
  /**
   * Topic in the subscription center, when the workspace has one.
   */
  subscription_topic_id?: null | number
  /**
   * Sending state. Not documented by Customer.io.
   */
  send_state?: null | string
  /**
   * When it is scheduled to be sent. Not documented by Customer.io.
   */
  scheduled_at?: null | string
  /**
   * Time zone of the schedule. Not documented by Customer.io.
   */
  timezone?: null | string
  /**
   * Whether it is sent in each recipient's time zone. Not documented by Customer.io.
   */
  tz_match_enabled?: null | boolean
  /**
   * When the message expires. Not documented by Customer.io; carried as sent.
   */
  expires_after?: null | number
  /**
   * State of an uploaded recipient file. Not documented by Customer.io.
   */
  recipient_file_status?: null | string
  /**
   * What was wrong with an uploaded recipient file. Not documented by Customer.io.
   */
  recipient_file_error?: null | string
  /**
   * Fields that the API sent and this schema does not know, or whose value does not fit the declared type, by name and as sent. Null when there are none.
   */
  additional_fields?: null | {
    [k: string]: unknown
  }
  [k: string]: unknown
}
