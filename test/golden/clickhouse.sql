-- find and create the database
select engine
from system.databases
where name = 'marketing';
create database if not exists "marketing";
create database if not exists "marketing" on cluster "it's";

-- create a table
create table "marketing"."cio_\"users\"\\" (
  "a boolean" Nullable(Bool),
  "a integer" Nullable(Int64),
  "a number" Nullable(Float64),
  "a date" Nullable(Date32),
  "a time" Nullable(Time64(6)),
  "a timestamp" Nullable(DateTime64(6, 'UTC')),
  "a text" Nullable(String),
  "a json" Nullable(String) comment 'JSON',
  "a decimal" Nullable(Decimal(38, 9))
)
engine = MergeTree
order by ("a text", "a date")
settings allow_nullable_key = 1;
create table "marketing"."cio_\"users\"\\" on cluster "it's" (
  "a boolean" Nullable(Bool),
  "a integer" Nullable(Int64),
  "a number" Nullable(Float64),
  "a date" Nullable(Date32),
  "a time" Nullable(Time64(6)),
  "a timestamp" Nullable(DateTime64(6, 'UTC')),
  "a text" Nullable(String),
  "a json" Nullable(String) comment 'JSON',
  "a decimal" Nullable(Decimal(38, 9))
)
engine = ReplicatedMergeTree
order by ("a text", "a date")
settings allow_nullable_key = 1;

-- create a table for this server
create table "marketing".".sdc_work.cio_.0123abcd.1" (
  "id" Nullable(Int64)
)
engine = MergeTree
order by ()
settings allow_nullable_key = 1;

-- copy a table
create table "marketing".".sdc_work.cio_.0123abcd.1" as "marketing"."cio_\"users\"\\";
create table "marketing".".sdc_work.cio_.0123abcd.1" on cluster "it's" as "marketing"."cio_\"users\"\\";
alter table "marketing".".sdc_work.cio_.0123abcd.1" attach partition all from "marketing"."cio_\"users\"\\";

-- publish
exchange tables "marketing"."cio_\"users\"\\" and "marketing".".sdc_work.cio_.0123abcd.1";
exchange tables "marketing"."cio_\"users\"\\" and "marketing".".sdc_work.cio_.0123abcd.1" on cluster "it's";
rename table "marketing".".sdc_work.cio_.0123abcd.1" to "marketing"."cio_\"users\"\\";
rename table "marketing".".sdc_work.cio_.0123abcd.1" to "marketing"."cio_\"users\"\\" on cluster "it's";
drop table if exists "marketing".".sdc_work.cio_.0123abcd.1" sync;
drop table if exists "marketing".".sdc_work.cio_.0123abcd.1" on cluster "it's" sync;
drop table if exists "marketing".".sdc_work.cio_.0123abcd.1";

-- change rows and columns
alter table "marketing"."cio_\"users\"\\"
  add column if not exists "document" Nullable(String) comment 'JSON';
truncate table "marketing"."cio_\"users\"\\";
truncate table "marketing"."cio_\"users\"\\" on cluster "it's";
insert into "marketing"."cio_\"users\"\\" (
  "id",
  "name",
  "_sdc_deleted_at"
)
format RowBinary;
insert into "marketing"."cio_\"users\"\\" (
  "id",
  "name",
  "_sdc_deleted_at"
)
select
  "id",
  "name",
  "_sdc_deleted_at"
from "marketing".".sdc_work.cio_.0123abcd.1";
delete from "marketing"."cio_\"users\"\\"
where "v" < 2;
alter table "marketing"."cio_\"users\"\\"
  update "v" = 1
  where "v" < 2;
select count()
from "marketing"."cio_\"users\"\\"
where "v" < 2;

-- describe and read
select
  tables.name,
  columns.name,
  columns.type,
  columns.default_kind,
  columns.comment,
  tables.comment
from system.tables as tables
left join system.columns as columns
  on columns.database = tables.database and columns.table = tables.name
where tables.database = 'marketing'
  and startsWith(tables.name, 'cio\'_')
  and not startsWith(tables.name, '.sdc_')
  and endsWith(tables.engine, 'MergeTree')
order by tables.name, columns.position;
select load_number, run_id, state
from "marketing"."cio_\"users\"\\"
where load_number >= (
  select coalesce(maxIf(load_number, state is not null), max(load_number))
  from "marketing"."cio_\"users\"\\"
)
order by load_number;
select 1
from "marketing"."_sdc_loads"
where "load_number" = 7 and "run_id" = 'it\'s'
limit 1;
select distinct counted.1
from (
  select arrayJoin(JSONExtractKeysAndValues(assumeNotNull(row_counts), 'Int64')) as counted
  from "marketing"."cio_\"users\"\\"
  where row_counts is not null
)
where counted.2 > 0;
select 1
from "marketing"."cio_\"users\"\\"
where "id" is not null and (accurateCastOrNull(toString(accurateCastOrNull(toString("id"), 'Float64')), 'Int64') is null or accurateCastOrNull(toString(accurateCastOrNull(toString("id"), 'Float64')), 'Int64') <> "id")
limit 1;
select
  tables.name,
  columns.name,
  columns.type,
  if(tables.engine = 'View', tables.comment, '')
from system.tables as tables
left join system.columns as columns
  on columns.database = tables.database and columns.table = tables.name
where tables.database = 'marketing'
  and startsWith(tables.name, 'cio\'_')
  and not endsWith(tables.engine, 'MergeTree')
order by tables.name, columns.position;
select comments
from "marketing"."cio_\"users\"\\"
where comments is not null
order by load_number;
select
  count(*) as total,
  count(case when "_sdc_deleted_at" is not null then 1 end) as deleted,
  max("updated") as newest
from "marketing"."cio_\"users\"\\";
select
  "id",
  "it's"
from "marketing"."cio_\"users\"\\"
order by "updated" desc nulls last
limit 20;

-- comments
alter table "marketing"."cio_\"users\"\\"
  comment column "id__text" 'First line
second line',
  comment column "tags" 'JSON: Back\\slash',
  comment column "id__text" 'Text: JSON: like a mark';
alter table "marketing"."cio_\"users\"\\"
  modify comment 'It\'s a table';
alter table "marketing"."cio_\"users\"\\" on cluster "it's"
  modify comment 'Only a table';

-- live views
create or replace view "marketing"."cio_\"users\"\\_live" as
select
  "id",
  "name"
from "marketing"."cio_\"users\"\\"
where "_sdc_deleted_at" is null
  and "_sdc_deleted_at__timestamp" is null
comment 'Rows that are not deleted. Kept by target-warehouse; remove this comment to keep your own view.';
create or replace view "marketing"."cio_\"users\"\\_live" on cluster "it's" as
select
  "id",
  "name"
from "marketing"."cio_\"users\"\\"
where "_sdc_deleted_at" is null
  and "_sdc_deleted_at__timestamp" is null
comment 'Rows that are not deleted. Kept by target-warehouse; remove this comment to keep your own view.';

-- merge
select
  "id",
  "name",
  "_sdc_deleted_at"
from "marketing".".sdc_work.cio_.0123abcd.1"
where "_sdc_deleted_at" is null;
delete from "marketing"."cio_\"users\"\\"
where ("id") in (
  select "id"
  from "marketing".".sdc_work.cio_.0123abcd.1"
);
delete from "marketing"."cio_\"users\"\\"
where (isNull("id"), ifNull(toString("id"), ''), isNull("id__text"), ifNull(toString("id__text"), '')) in (
  select isNull("id"), ifNull(toString("id"), ''), isNull("id__text"), ifNull(toString("id__text"), '')
  from "marketing".".sdc_work.cio_.0123abcd.1"
);
create table "marketing".".sdc_work.cio_.0123abcd.1"
engine = MergeTree
order by ()
as select
  stage."id" as "id",
  stage."name" as "name",
  stage."_sdc_deleted_at" as "_sdc_deleted_at",
  target."note" as "note"
from (
  select *
  from "marketing".".sdc_work.cio_.0123abcd.1"
) as stage
inner join "marketing"."cio_\"users\"\\" as target
  on target."id" = stage."id";
select
  stage."id" as "id",
  stage."name" as "name",
  stage."_sdc_deleted_at" as "_sdc_deleted_at",
  target."note" as "note"
from (
  select *
  from "marketing".".sdc_work.cio_.0123abcd.1"
where "_sdc_deleted_at" is null
) as stage
inner join "marketing"."cio_\"users\"\\" as target
  on target."id" is not distinct from stage."id"
  and target."id__text" is not distinct from stage."id__text";

-- convert a column
select toString("value");
select cast("value", 'Nullable(Float64)');
select cast("value", 'Nullable(DateTime64(6, \'UTC\'))');
select toString("value");
select cast("value", 'Nullable(Float64)');
select cast("value", 'Nullable(DateTime64(6, \'UTC\'))');
select toString("value");
select cast("value", 'Nullable(Float64)');
select cast("value", 'Nullable(DateTime64(6, \'UTC\'))');
select toString("value");
select cast("value", 'Nullable(Float64)');
select cast("value", 'Nullable(DateTime64(6, \'UTC\'))');
select toString("value");
select cast("value", 'Nullable(Float64)');
select cast("value", 'Nullable(DateTime64(6, \'UTC\'))');
select formatDateTime("value", '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC');
select cast("value", 'Nullable(Float64)');
select cast("value", 'Nullable(DateTime64(6, \'UTC\'))');
select toString("value");
select cast("value", 'Nullable(Float64)');
select cast("value", 'Nullable(DateTime64(6, \'UTC\'))');
select toString("value");
select cast("value", 'Nullable(Float64)');
select cast("value", 'Nullable(DateTime64(6, \'UTC\'))');
select toDecimalString("value", 9);
select cast("value", 'Nullable(Float64)');
select cast("value", 'Nullable(DateTime64(6, \'UTC\'))');

-- contents of keys
select 1
from "marketing"."cio_\"users\"\\"
where "id" is not null
limit 1;
select 1
from "marketing"."cio_\"users\"\\"
where match("id", '^(-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false)$')
limit 1;
select 1
from "marketing"."cio_\"users\"\\"
where position('"', substring(trimLeft("id"), 1, 1)) > 0 and match(JSONExtractString(assumeNotNull("id")), '^(-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false)$')
limit 1;
select 1
from "marketing"."cio_\"users\"\\"
where match("id", '^-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$') and match("id", '[.eE]')
limit 1;
select 1
from "marketing"."cio_\"users\"\\"
where position('"', substring(trimLeft("id"), 1, 1)) > 0
limit 1;
select 1
from "marketing"."cio_\"users\"\\"
where position('-0123456789tf', substring(trimLeft("id"), 1, 1)) > 0
limit 1;
select 1
from "marketing"."cio_\"users\"\\"
where position('"', substring(trimLeft("id"), 1, 1)) > 0 and match(JSONExtractString(assumeNotNull("id")), '^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}:[0-9]{2})')
limit 1;
select 1
from "marketing"."cio_\"users\"\\"
where toUnixTimestamp64Micro(assumeNotNull("id")) % 86400000000 = 0 and "id" is not null
limit 1;
select 1
from "marketing"."cio_\"users\"\\"
where "id" > 9007199254740992 or "id" < -9007199254740992
limit 1;

-- move keys
select 1
from "marketing"."cio_\"users\"\\" as target
where target."id__text" is not null
  and multiIf(
    match(target."id__text", '^-?[0-9]{1,76}(\\.[0-9]{0,0}0*)?$'), if(toDecimal256OrNull(target."id__text", 0) <= toInt256('9223372036854775807') and toDecimal256OrNull(target."id__text", 0) >= -toInt256('9223372036854775807') - 1, toInt64(toDecimal256OrNull(target."id__text", 0)), null),
    match(target."id__text", '^-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$') and match(target."id__text", '[eE]') and toFloat64(accurateCastOrNull(toString(toFloat64OrNull(target."id__text")), 'Int64')) = toFloat64OrNull(target."id__text"), accurateCastOrNull(toString(toFloat64OrNull(target."id__text")), 'Int64'),
    null
  ) is not null
limit 1;
select 1
from "marketing"."cio_\"users\"\\" as target
where target."id" is not null
  and toString(target."id") is not null
limit 1;
select if(target."id__text" is not null
  and target."id" is null
  and multiIf(
    match(target."id__text", '^-?[0-9]{1,76}(\\.[0-9]{0,0}0*)?$'), if(toDecimal256OrNull(target."id__text", 0) <= toInt256('9223372036854775807') and toDecimal256OrNull(target."id__text", 0) >= -toInt256('9223372036854775807') - 1, toInt64(toDecimal256OrNull(target."id__text", 0)), null),
    match(target."id__text", '^-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$') and match(target."id__text", '[eE]') and toFloat64(accurateCastOrNull(toString(toFloat64OrNull(target."id__text")), 'Int64')) = toFloat64OrNull(target."id__text"), accurateCastOrNull(toString(toFloat64OrNull(target."id__text")), 'Int64'),
    null
  ) is not null
  and (toString(assumeNotNull(multiIf(
    match(target."id__text", '^-?[0-9]{1,76}(\\.[0-9]{0,0}0*)?$'), if(toDecimal256OrNull(target."id__text", 0) <= toInt256('9223372036854775807') and toDecimal256OrNull(target."id__text", 0) >= -toInt256('9223372036854775807') - 1, toInt64(toDecimal256OrNull(target."id__text", 0)), null),
    match(target."id__text", '^-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$') and match(target."id__text", '[eE]') and toFloat64(accurateCastOrNull(toString(toFloat64OrNull(target."id__text")), 'Int64')) = toFloat64OrNull(target."id__text"), accurateCastOrNull(toString(toFloat64OrNull(target."id__text")), 'Int64'),
    null
  ))), isNull("target"."line"), ifNull(toString("target"."line"), '')) not in (
    select toString(assumeNotNull(other."id")), isNull("other"."line"), ifNull(toString("other"."line"), '')
    from "marketing"."cio_\"users\"\\" as other
    where other."id" is not null
  ), multiIf(
    match(target."id__text", '^-?[0-9]{1,76}(\\.[0-9]{0,0}0*)?$'), if(toDecimal256OrNull(target."id__text", 0) <= toInt256('9223372036854775807') and toDecimal256OrNull(target."id__text", 0) >= -toInt256('9223372036854775807') - 1, toInt64(toDecimal256OrNull(target."id__text", 0)), null),
    match(target."id__text", '^-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$') and match(target."id__text", '[eE]') and toFloat64(accurateCastOrNull(toString(toFloat64OrNull(target."id__text")), 'Int64')) = toFloat64OrNull(target."id__text"), accurateCastOrNull(toString(toFloat64OrNull(target."id__text")), 'Int64'),
    null
  ), target."id") as "id";
select if(target."id__text" is not null
  and target."id" is null
  and multiIf(
    match(target."id__text", '^-?[0-9]{1,76}(\\.[0-9]{0,0}0*)?$'), if(toDecimal256OrNull(target."id__text", 0) <= toInt256('9223372036854775807') and toDecimal256OrNull(target."id__text", 0) >= -toInt256('9223372036854775807') - 1, toInt64(toDecimal256OrNull(target."id__text", 0)), null),
    match(target."id__text", '^-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$') and match(target."id__text", '[eE]') and toFloat64(accurateCastOrNull(toString(toFloat64OrNull(target."id__text")), 'Int64')) = toFloat64OrNull(target."id__text"), accurateCastOrNull(toString(toFloat64OrNull(target."id__text")), 'Int64'),
    null
  ) is not null
  and (toString(assumeNotNull(multiIf(
    match(target."id__text", '^-?[0-9]{1,76}(\\.[0-9]{0,0}0*)?$'), if(toDecimal256OrNull(target."id__text", 0) <= toInt256('9223372036854775807') and toDecimal256OrNull(target."id__text", 0) >= -toInt256('9223372036854775807') - 1, toInt64(toDecimal256OrNull(target."id__text", 0)), null),
    match(target."id__text", '^-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$') and match(target."id__text", '[eE]') and toFloat64(accurateCastOrNull(toString(toFloat64OrNull(target."id__text")), 'Int64')) = toFloat64OrNull(target."id__text"), accurateCastOrNull(toString(toFloat64OrNull(target."id__text")), 'Int64'),
    null
  ))), isNull("target"."line"), ifNull(toString("target"."line"), '')) not in (
    select toString(assumeNotNull(other."id")), isNull("other"."line"), ifNull(toString("other"."line"), '')
    from "marketing"."cio_\"users\"\\" as other
    where other."id" is not null
  ), null, target."id__text") as "id__text";

-- foreign types
select
  if(isNull(fitted."_sdc_made_0"), fitted."id", null) as "id",
  if(isNull(fitted."_sdc_made_1"), fitted."id__text", null) as "id__text",
  coalesce(fitted."_sdc_made_0", fitted."_sdc_made_1") as "n"
from (
  select
    raw.*,
    if(accurateCastOrNull(toString(accurateCastOrNull(toString(raw."id"), 'Int16')), 'Int64') = raw."id", accurateCastOrNull(toString(raw."id"), 'Int16'), null) as "_sdc_made_0",
  if(toString(accurateCastOrNull(toString(raw."id__text"), 'Int16')) = toString(raw."id__text"), accurateCastOrNull(toString(raw."id__text"), 'Int16'), null) as "_sdc_made_1"
  from "marketing".".sdc_work.cio_.0123abcd.1" as raw
) as fitted
order by fitted."_sdc_row" desc
limit 1 by "n";
select if(toString(accurateCastOrNull(toString("value"), 'UUID')) = lower(toString("value")), accurateCastOrNull(toString("value"), 'UUID'), null);
select if(toString(accurateCastOrNull(if(toString("value") in ('a', 'it\'s'), toString("value"), 'a'), 'Enum8(\'a\' = 1, \'it\\\'s\' = 2)')) = toString("value"), accurateCastOrNull(if(toString("value") in ('a', 'it\'s'), toString("value"), 'a'), 'Enum8(\'a\' = 1, \'it\\\'s\' = 2)'), null);
select if(accurateCastOrNull(toString(accurateCastOrNull(toString("value"), 'Float32')), 'Float64') = "value" and toFloat64(accurateCastOrNull(toString("value"), 'Float32')) = toFloat64("value"), accurateCastOrNull(toString("value"), 'Float32'), null);
select if(toDateTime64(accurateCastOrNull(if("value" >= toDateTime64('1900-01-01', 6, 'UTC') and "value" < toDateTime64('2262-04-11', 6, 'UTC'), "value", toDateTime64('1900-01-01', 6, 'UTC')), 'DateTime64(9)'), 6, 'UTC') = "value", accurateCastOrNull(if("value" >= toDateTime64('1900-01-01', 6, 'UTC') and "value" < toDateTime64('2262-04-11', 6, 'UTC'), "value", toDateTime64('1900-01-01', 6, 'UTC')), 'DateTime64(9)'), null);
select if(toDateTime64(accurateCastOrNull(toDateTime64("value", 6, 'UTC'), 'DateTime'), 6, 'UTC') = toDateTime64("value", 6, 'UTC'), accurateCastOrNull(toDateTime64("value", 6, 'UTC'), 'DateTime'), null);
select if(if(position(toString(accurateCastOrNull(if(position(toString("value"), '.') > 0, trimRight(trimRight(toString("value"), '0'), '.'), toString("value")), 'Time')), '.') > 0, trimRight(trimRight(toString(accurateCastOrNull(if(position(toString("value"), '.') > 0, trimRight(trimRight(toString("value"), '0'), '.'), toString("value")), 'Time')), '0'), '.'), toString(accurateCastOrNull(if(position(toString("value"), '.') > 0, trimRight(trimRight(toString("value"), '0'), '.'), toString("value")), 'Time'))) = if(position(toString("value"), '.') > 0, trimRight(trimRight(toString("value"), '0'), '.'), toString("value")), accurateCastOrNull(if(position(toString("value"), '.') > 0, trimRight(trimRight(toString("value"), '0'), '.'), toString("value")), 'Time'), null);
select if(toString(accurateCastOrNull(if(position('-0123456789', substring("value", 1, 1)) > 0, "value", null), 'Int32')) = if(position('-0123456789', substring("value", 1, 1)) > 0, "value", null), accurateCastOrNull(if(position('-0123456789', substring("value", 1, 1)) > 0, "value", null), 'Int32'), null);
select if(toString(accurateCastOrNull(if(startsWith("value", '"'), JSONExtractString(assumeNotNull("value")), null), 'LowCardinality(String)')) = if(startsWith("value", '"'), JSONExtractString(assumeNotNull("value")), null), accurateCastOrNull(if(startsWith("value", '"'), JSONExtractString(assumeNotNull("value")), null), 'LowCardinality(String)'), null);

-- catalog
select name, toString(uuid), comment, engine
from system.tables
where database = 'marketing'
  and (startsWith(name, '.sdc_'));
select name, toString(uuid), comment, engine
from system.tables
where database = 'marketing'
  and (startsWith(name, '.sdc_')
  or name in ('cio_user\'s'));
select table, toString(arraySort(groupArray((partition, block, version))))
from (
  select table, partition_id as partition, max(max_block_number) as block, max(toUInt64OrZero(splitByChar('_', name)[5])) as version
  from system.parts
  where database = 'marketing'
    and table in ('cio_user\'s', 'cio_orders')
    and active
  group by table, partition_id
)
group by table;
select
  name,
  type,
  comment,
  default_kind in ('MATERIALIZED', 'ALIAS', 'EPHEMERAL'),
  is_in_sorting_key or is_in_primary_key,
  is_in_partition_key or is_in_sampling_key
from system.columns
where database = 'marketing'
  and table = 'cio_"users"\\'
order by position;
select sorting_key, engine_full, comment
from system.tables
where database = 'marketing'
  and name = 'cio_"users"\\';
select concat('index ', name) from system.data_skipping_indices where database = 'marketing' and table = 'cio_"users"\\'
union all
select concat('projection ', name) from system.projections where database = 'marketing' and table = 'cio_"users"\\';
