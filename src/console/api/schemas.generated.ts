/*
 * The console's API. Written by `npm run generate` from schemas/api/. Do not edit.
 */

import type { JsonValue } from '../../singer/json.ts'

/** Every schema of the API by its name. */
export interface ApiSchemas {
  /** Where secrets come from that a request leaves out. */
  Stored: {
    connection?: ApiSchemas['Name']
    draft?: ApiSchemas['Name']
  }
  ValidationRequest: {
    /** The name that a new connection is to have. */
    name?: string
    /** The connection that the document replaces. */
    connection?: ApiSchemas['Name']
    draft?: ApiSchemas['Name']
    document: ApiSchemas['Document']
    /** Steps of the form to validate. By default all. */
    steps?: ApiSchemas['Step'][]
  }
  Step: 'name' | 'source' | 'destination' | 'resources' | 'schedule' | 'notify'
  Validation: {
    is_valid: boolean
    problems: ApiSchemas['FieldProblem'][]
    /** The JSON file that would be written, with `***` for secrets. Null unless every step was validated. */
    file: ApiSchemas['Settings'] | null
  }
  KeyTestRequest: {
    source: ApiSchemas['Settings']
    stored?: ApiSchemas['Stored']
  }
  KeyTest: {
    is_working: boolean
    /** The region that the key belongs to; null when it is not known. */
    region: 'us' | 'eu' | null
    /** The key, each stream that it may or may not read, and the clock. */
    findings: ApiSchemas['Finding'][]
  }
  DestinationTestRequest: {
    destination: ApiSchemas['Settings']
    resources?: ApiSchemas['Settings']
    stored?: ApiSchemas['StoredDestination']
  }
  StoredDestination: {
    connection?: ApiSchemas['Name']
    destination?: ApiSchemas['Name']
    draft?: ApiSchemas['Name']
  }
  DestinationTest: {
    is_working: boolean
    /** The warehouse, and the tables that exist or would be created. */
    findings: ApiSchemas['Finding'][]
  }
  CostRequest: {
    source: ApiSchemas['Settings']
    resources?: ApiSchemas['Settings']
    stored?: ApiSchemas['Stored']
  }
  /** What one run costs. Counted live: the lists of newsletters and campaigns are read, and nothing is loaded. */
  Cost: {
    requests: number
    /** At the request rate of the source. */
    seconds: number
    requests_per_second: number
    streams: ApiSchemas['StreamCost'][]
  }
  StreamCost: {
    stream: ApiSchemas['Stream']
    requests: number
    seconds: number
    /** Rows in the account; null when they were not counted. */
    rows: number | null
  }
  ConnectionCheck: {
    is_working: boolean
    findings: ApiSchemas['Finding'][]
  }
  /** Name of a document of the workspace: the name of its file without .json. */
  Name: string
  /** Name of a file of the workspace without .json. One that is no Name has no document until somebody renames it. */
  FileName: string
  /** RFC 3339, in UTC. */
  Instant: string
  /** RFC 3339, in UTC, or null. */
  InstantOrNull: string | null
  /** Name of a stream, such as campaigns. */
  Stream: string
  Mode: 'incremental' | 'full_refresh'
  /** Settings as in a file of the workspace. Their meaning is in `GET /forms`. */
  Settings: Record<string, JsonValue>
  /** Every response with a status of 400 or more has this body. */
  Error: {
    /** For programs: an error code of the programs, such as CONFIG_INVALID, or one of the API, such as VERSION_MISMATCH. */
    code: string
    /** What failed, as a sentence. */
    message: string
    /** The next step, as a sentence. */
    hint: string | null
    /** What is wrong with each field of the request. Empty unless the code is REQUEST_INVALID, DOCUMENT_INVALID or NAME_TAKEN. */
    problems: ApiSchemas['FieldProblem'][]
  }
  /** What is wrong with one field. */
  FieldProblem: {
    /** Path of the setting, such as source.app_api_key. Empty for the document as a whole. */
    field: string
    /** What is wrong and what is allowed. Never a secret. */
    message: string
  }
  /** The result of one check. */
  Finding: {
    /** What was checked: file, key, a stream, clock, warehouse, tables, history or schedule. */
    check: string
    status: 'ok' | 'warning' | 'failed'
    /** What was found and, when something is wrong, the next step. */
    message: string
    /** Error code; null unless the check failed. */
    code: string | null
  }
  ConnectionList: {
    connections: ApiSchemas['Connection'][]
  }
  /** A connection, and how its syncs are. */
  Connection: {
    /** Name in the workspace. A lone connection.json has the name connection. */
    name: ApiSchemas['FileName']
    status: ApiSchemas['ConnectionStatus']
    /** Why the file cannot be used. Null unless the status is invalid. */
    problem: string | null
    schedule: ApiSchemas['ConnectionSchedule']
    /** Start of the last run that read every stream and succeeded. Every change up to this time is loaded. */
    fresh_until: ApiSchemas['InstantOrNull']
    streams: ApiSchemas['ConnectionStream'][]
    /** When the rows were counted in the warehouse. Null before the first count. */
    rows_read_at: ApiSchemas['InstantOrNull']
    destination: ApiSchemas['ConnectionDestination']
    /** The newest run that ended. */
    last_run: ApiSchemas['RunSummary'] | null
    /** The run that is running or waiting. */
    current_run: ApiSchemas['CurrentRun'] | null
    /** The scheduled run that waits behind the current run. */
    queued_run: ApiSchemas['CurrentRun'] | null
  }
  /** invalid: the file cannot be used. running and queued: a run is in progress, or waits for one that it conflicts with. paused: somebody paused the schedule. backing_off: the schedule waits after an error that only a person can fix. new: it has not run yet. Otherwise the outcome of the last run. */
  ConnectionStatus:
    | 'invalid'
    | 'running'
    | 'queued'
    | 'paused'
    | 'backing_off'
    | 'new'
    | 'succeeded'
    | 'failed'
    | 'stopped'
    | 'crashed'
  ConnectionSchedule: {
    type: 'manual' | 'basic' | 'cron'
    /** For display, such as every 3h from 02:00 UTC. */
    text: string
    /** IANA name of the zone of the schedule. */
    timezone: string
    /** Whether somebody paused it. */
    is_paused: boolean
    /** Whether any process runs the schedule. Null for a manual or a paused one. */
    is_run_by_a_process: boolean | null
    /** When the next run is due. Null when nothing will start one. */
    next_run: ApiSchemas['InstantOrNull']
    /** No run before this time, because of an error. Null when it does not back off. */
    backing_off_until: ApiSchemas['InstantOrNull']
  }
  ConnectionStream: {
    stream: ApiSchemas['Stream']
    mode: ApiSchemas['Mode']
    /** Whether the stream supports full_refresh. A stream whose rows are a history does not. */
    can_be_resynced: boolean
    /** Name of its table, with the prefix. */
    table: string
    /** Start of the last run that read this stream completely and succeeded. */
    fresh_until: ApiSchemas['InstantOrNull']
    /** Time of the newest loaded change. */
    bookmark: ApiSchemas['InstantOrNull']
    /** Rows that are not marked as deleted. Null when they are not counted yet, or the table does not exist. */
    live_rows: number | null
    /** Rows that are marked as deleted. Null when they are not counted. */
    deleted_rows: number | null
  }
  ConnectionDestination: {
    /** The shared destination that it uses, if any. */
    use: string | null
    /** Null when the URL cannot be read. */
    engine: string | null
    /** The URL of the warehouse with `***` for what is secret. */
    shown: string | null
    schema: string | null
    table_prefix: string
  }
  /** A connection with its document. The header ETag holds the version of the document. */
  ConnectionDetail: {
    name: ApiSchemas['Name']
    document: ApiSchemas['Document']
    secrets: ApiSchemas['Secret'][]
    /** Its own warehouse as form fields without secrets. Null when it has none of its own, or the URL cannot be read. */
    warehouse: ApiSchemas['Warehouse'] | null
    /** What is wrong with the file. */
    problems: ApiSchemas['FieldProblem'][]
    connection: ApiSchemas['Connection']
  }
  CreateConnection: {
    name: ApiSchemas['Name']
    /** The server adds a random `id`. */
    document: ApiSchemas['Document']
    /** A draft to take secrets from that the document leaves out. It is deleted when the connection is created. */
    draft?: ApiSchemas['Name']
  }
  /** What stays. Nothing in the warehouse is touched. */
  DeletedConnection: {
    name: ApiSchemas['Name']
    /** Tables in the warehouse that remain if they exist, with schema and prefix. */
    tables: string[]
    /** Folder of the history, which remains. */
    data_folder: string | null
    /** The same as a sentence. */
    message: string
  }
  DestinationList: {
    destinations: ApiSchemas['Destination'][]
  }
  Destination: {
    name: ApiSchemas['FileName']
    /** Null when it is not known, for example of a file that cannot be read. */
    engine: string | null
    /** The URL of the warehouse with `***` for what is secret. Null when it cannot be shown. */
    shown: string | null
    /** Connections that use it. */
    used_by: ApiSchemas['Name'][]
  }
  /** A destination with its document. The header ETag holds the version of the document. */
  DestinationDetail: {
    name: ApiSchemas['Name']
    document: ApiSchemas['Document']
    secrets: ApiSchemas['Secret'][]
    warehouse: ApiSchemas['Warehouse'] | null
    problems: ApiSchemas['FieldProblem'][]
    used_by: ApiSchemas['Name'][]
  }
  CreateDestination: {
    name: ApiSchemas['Name']
    document: ApiSchemas['Document']
  }
  /** The content of a file. In a response, settings that hold a secret are left out and listed in `secrets`. In a request, a secret setting that is left out keeps its stored value, and null removes it. In place of `destination.warehouse_url` (`warehouse_url` of a destination), a request may hold `warehouse`, from which the server makes the URL. */
  Document: Record<string, JsonValue>
  /** A setting that holds a secret. */
  Secret: {
    /** Path of the setting, such as source.app_api_key. */
    field: string
    is_set: boolean
    /** The value with `***` for what is secret, such as postgres://loader:***@db.example.com/analytics. Null when nothing of it can be shown. */
    shown: string | null
    /** Settings that say where the secret is sent, with defaults filled in. A request that leaves the secret out keeps it only while they are the same. For a warehouse they are its engine and fields of its form. Left out when they do not matter, or cannot be shown. */
    place?: ApiSchemas['Settings']
  }
  /** A warehouse as the fields of its form. A secret field that is left out keeps the stored value, while the engine and the place that the secret is sent to stay the same. In another place it must be entered again; an empty text or null removes it. */
  Warehouse: {
    /** One of the engines of `GET /forms`. */
    engine: string
    settings: ApiSchemas['Settings']
  }
  ReplaceDocument: {
    document: ApiSchemas['Document']
  }
  /** A connection that is not complete yet. It is stored apart from the connections, so nothing runs it. */
  Draft: {
    name: ApiSchemas['Name']
    document: ApiSchemas['Document']
    secrets: ApiSchemas['Secret'][]
    warehouse: ApiSchemas['Warehouse'] | null
  }
  DraftList: {
    drafts: {
      name: ApiSchemas['Name']
    }[]
  }
  EventQuery: {
    /** Id of a run: its `run_log` events are sent, too. */
    log_of?: string
    /** Like the header Last-Event-ID, which wins. A browser cannot set the header of a new stream. */
    last_event_id?: string
  }
  Event:
    | ApiSchemas['ResetEvent']
    | ApiSchemas['RunChangeEvent']
    | ApiSchemas['RunEndEvent']
    | ApiSchemas['RunLogEvent']
    | ApiSchemas['ConnectionEvent']
    | ApiSchemas['SchedulesEvent']
  /** Events were missed, or these are the first. */
  ResetEvent: {
    type: 'reset'
    now: ApiSchemas['Instant']
  }
  /** A run was queued, started, made progress or was cancelled. Progress is sent at most twice a second. */
  RunChangeEvent: {
    type: 'run_queued' | 'run_started' | 'run_progress' | 'run_stopping'
    connection: ApiSchemas['Name']
    current_run: ApiSchemas['CurrentRun']
  }
  /** A run ended, also one that could not start or that waited. */
  RunEndEvent: {
    type: 'run_ended'
    connection: ApiSchemas['Name']
    /** Null when the history has no record of it: see `error`. */
    run: ApiSchemas['RunSummary'] | null
    /** Why a run without a record could not start, as when another process runs the connection. Null also for one that was cancelled while it waited. */
    error: ApiSchemas['Error'] | null
  }
  /** A line of the log of a run. Only in the events of that run, and with its id in `log_of`. */
  RunLogEvent: {
    type: 'run_log'
    connection: ApiSchemas['Name']
    run_id: string
    line: ApiSchemas['LogLine']
  }
  /** A connection was added, changed, paused, resumed or removed, or its rows were counted: read it again. */
  ConnectionEvent: {
    type: 'connection_changed' | 'connection_removed'
    connection: ApiSchemas['Name']
  }
  /** This process began or stopped to run the schedules. */
  SchedulesEvent: {
    type: 'schedules_changed'
    schedules: ApiSchemas['Schedules']
  }
  Forms: {
    source: ApiSchemas['JsonSchema']
    /** Settings of every engine, without `warehouse_url`. */
    destination: ApiSchemas['JsonSchema']
    engines: ApiSchemas['EngineForm'][]
    resources: ApiSchemas['StreamForm'][]
    schedule: ApiSchemas['JsonSchema']
    notify: ApiSchemas['JsonSchema']
  }
  /** A JSON Schema. */
  JsonSchema: Record<string, JsonValue>
  EngineForm: {
    engine: string
    title: string
    description: string
    /** Page of the documentation. */
    docs: string
    settings: ApiSchemas['JsonSchema']
  }
  StreamForm: {
    stream: ApiSchemas['Stream']
    /** What the stream contains. core: selected by default. workspace: definitions and totals of the workspace. personal: rows about single people. */
    tier: 'core' | 'workspace' | 'personal'
    /** Whether rows identify people: customers, or colleagues. */
    is_personal: boolean
    /** The modes that the stream supports. The first one is the default. */
    modes: ApiSchemas['Mode'][]
    key: string[]
    columns: ApiSchemas['Column'][]
    /** What a complete read costs in requests, in a few words. */
    cost: string
  }
  LogQuery: {
    /** The lowest level to return. By default all. */
    level?: ApiSchemas['LogLevel']
    /** Returns lines whose message contains this, ignoring case. */
    search?: string
    /** Returns lines with a greater `line`. */
    after: number
    limit: number
  }
  LogLevel: 'debug' | 'info' | 'warning' | 'error' | 'critical'
  RunLog: {
    lines: ApiSchemas['LogLine'][]
    /** `after` of the next page; null when there is none yet. */
    next: number | null
  }
  LogLine: {
    /** Number of the line in the log. */
    line: number
    at: ApiSchemas['Instant']
    level: ApiSchemas['LogLevel']
    program: 'tap-customerio' | 'target-warehouse' | 'customerio-sync'
    message: string
  }
  RunQuery: {
    connection?: ApiSchemas['Name']
    outcome?: ApiSchemas['RunOutcome']
    trigger?: ApiSchemas['RunTrigger']
    /** `next` of the page before. */
    cursor?: string
    limit: number
  }
  RunOutcome: 'running' | 'succeeded' | 'failed' | 'stopped' | 'crashed'
  RunTrigger: 'manual' | 'schedule' | 'catch_up' | 'resync'
  RunList: {
    /** Newest first. */
    runs: ApiSchemas['RunSummary'][]
    /** Cursor of the next page; null on the last one. */
    next: string | null
  }
  RunSummary: {
    run_id: string
    /** Name of the connection in the workspace. */
    connection: ApiSchemas['Name']
    trigger: ApiSchemas['RunTrigger']
    started_at: ApiSchemas['Instant']
    ended_at: ApiSchemas['InstantOrNull']
    seconds: number | null
    outcome: ApiSchemas['RunOutcome']
    rows_read: number
    rows_loaded: number
    rows_deleted: number
    rows_rejected: number
    error: ApiSchemas['RunFailure'] | null
  }
  /** The error that ended a run, and what to do. */
  RunFailure: {
    program: string
    code: string | null
    message: string
    /** What to do, as a sentence. */
    remedy: string
    /** Where the page helps: the step of the form to open, or to start the run again. none: outside of the page. */
    action: 'edit_source' | 'edit_destination' | 'edit_resources' | 'run_again' | 'none'
  }
  /** One run with its streams. */
  Run: {
    run: ApiSchemas['RunSummary']
    exit_status: number | null
    requests: number
    retries: number
    rate_limited: number
    /** Whether it read every stream of its connection. Null when that is not recorded. */
    is_whole: boolean | null
    streams: ApiSchemas['RunStream'][]
    /** Whether its log is kept. */
    has_log: boolean
  }
  RunStream: {
    stream: ApiSchemas['Stream']
    mode: ApiSchemas['Mode']
    rows_read: number
    rows_loaded: number
    rows_deleted: number
    rows_rejected: number
    bookmark_before: string | null
    /** Null also while the run is running. */
    bookmark_after: string | null
    seconds: number
  }
  StartRun: {
    /** Streams to read. By default all of the connection. */
    streams?: ApiSchemas['Stream'][]
    /** Reads the streams from scratch and marks deleted rows. Needs `streams`. */
    resync: boolean
    /** For a resync: ignores `max_deleted_percent`. */
    allow_deletes: boolean
    /** Takes over tables that belong to another connection. */
    take_over: boolean
  }
  /** The run of a connection that is running or waits. */
  CurrentRun: {
    connection: ApiSchemas['Name']
    /** queued: it waits for a run that it conflicts with. stopping: it was cancelled. elsewhere: another process runs it, so only its start is known here and it cannot be cancelled here. */
    state: 'queued' | 'running' | 'stopping' | 'elsewhere'
    /** Null until it has begun. */
    run_id: string | null
    trigger: ApiSchemas['RunTrigger']
    started_at: ApiSchemas['InstantOrNull']
    progress: ApiSchemas['Progress'] | null
  }
  Progress: {
    /** Since the run started. */
    seconds: number
    requests: number
    retries: number
    rate_limited: number
    streams: {
      stream: ApiSchemas['Stream']
      rows_read: number
      rows_loaded: number
      rows_deleted: number
      rows_rejected: number
    }[]
  }
  SeriesQuery: {
    limit: number
  }
  /** The newest runs as columns for charts, oldest first. All arrays have the same length. */
  RunSeries: {
    run_id: string[]
    /** Seconds since 1970. */
    started_at: number[]
    seconds: (number | null)[]
    outcome: ApiSchemas['RunOutcome'][]
    /** By stream. Null in runs that did not read it. */
    streams: Record<string, ApiSchemas['StreamSeries']>
  }
  StreamSeries: {
    rows_loaded: (number | null)[]
    rows_deleted: (number | null)[]
    seconds: (number | null)[]
  }
  SchedulePreviewRequest: {
    schedule: ApiSchemas['Settings']
    /** How many runs to list. */
    count: number
  }
  SchedulePreview: {
    is_valid: boolean
    problems: ApiSchemas['FieldProblem'][]
    /** For display; null when not valid. */
    text: string | null
    timezone: string | null
    next_runs: ApiSchemas['Tick'][]
    /** Changes of the clock in the next 13 months that move a run. */
    clock_changes: ApiSchemas['ClockChange'][]
  }
  Tick: {
    at: ApiSchemas['Instant']
    /** Local time in the zone of the schedule, such as 2026-11-25 02:30. */
    local: string
  }
  ClockChange: {
    at: ApiSchemas['Instant']
    /** What happens to the run, as a sentence. */
    message: string
  }
  /** How a browser without a session can log in. A link always can. */
  LoginWays: {
    /** Whether a password is set. The terminal of the console shows links when none is. */
    has_password: boolean
  }
  /** One of the two. A token is part of a login link and works once. */
  LogIn: {
    token?: string
    password?: string
  }
  /** The session of the cookie. */
  Session: {
    expires_at: ApiSchemas['Instant']
    /** Whether a password is set. */
    has_password: boolean
  }
  /** A link that logs one more browser in, once. */
  LoginLink: {
    url: string
    expires_at: ApiSchemas['Instant']
  }
  TableList: {
    read_at: ApiSchemas['Instant']
    tables: ApiSchemas['Table'][]
  }
  Table: {
    stream: ApiSchemas['Stream']
    table: string
    exists: boolean
    live_rows: number | null
    deleted_rows: number | null
    newest_update: ApiSchemas['InstantOrNull']
    columns: ApiSchemas['Column'][]
  }
  Column: {
    name: string
    /** Type in the warehouse, or in the stream before the table exists. Null when it is not known. */
    type: string | null
    description: string | null
  }
  PreviewQuery: {
    rows: number
  }
  /** The newest rows of a table. Values are strings, so that no digit is lost. */
  TablePreview: {
    table: string
    columns: string[]
    rows: (string | null)[][]
  }
  Workspace: {
    /** Name of the folder. */
    name: string
    /** Absolute path of the folder. */
    folder: string
    /** Version of customerio-sync. */
    version: string
    /** The clock of the server, for relative times. */
    now: ApiSchemas['Instant']
    schedules: ApiSchemas['Schedules']
    connections: number
    destinations: number
    drafts: number
  }
  /** Whether this process runs the schedules of the workspace. */
  Schedules: {
    /** off: the console was started with --no-schedules. elsewhere: another process runs them; this one takes over when that one ends. blocked: two connections conflict, or a file cannot be written; see the message. */
    state: 'running' | 'off' | 'elsewhere' | 'blocked'
    /** Why they do not run here, or which of them another process runs. Null when all run here. */
    message: string | null
  }
}

/** The type of a schema of the API. */
export type Api<Name extends keyof ApiSchemas> = ApiSchemas[Name]
