/** The folder that `chdb.sh` fills with the engine of ClickHouse. */
export const CHDB_FOLDER = process.env['TEST_CHDB']

/** Why tests of ClickHouse do not run; false if they do. */
export const WITHOUT_CLICKHOUSE =
  CHDB_FOLDER === undefined && 'TEST_CHDB does not name a folder with the engine of ClickHouse'
