-- create schema
create schema if not exists "file"."marketing";

-- create table
create table "file"."marketing"."cio_""users""" (
  "a ""boolean""" boolean,
  "a ""integer""" bigint,
  "a ""decimal""" decimal(38, 9),
  "a ""number""" double,
  "a ""date""" date,
  "a ""time""" time,
  "a ""timestamp""" timestamp with time zone,
  "a ""text""" varchar,
  "a ""json""" json
);

-- add column
alter table "file"."marketing"."cio_""users"""
  add column "x" bigint;

-- widen column
alter table "file"."marketing"."cio_""users"""
  alter column "at" type timestamp with time zone
  using cast("at" as timestamp with time zone);

-- widen a time to text
alter table "file"."marketing"."cio_""users"""
  alter column "at" type varchar
  using case
    when "at" >= timestamptz '0001-01-01 00:00:00+00' and "at" < timestamptz '10000-01-01 00:00:00+00'
      then strftime("at" at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')
    else cast("at" as varchar)
  end;

-- find dates that are no times
select 1
from "file"."marketing"."cio_""users"""
where isfinite("at")
  and ("at" < date '290307-01-01 (BC)' or "at" > date '294246-12-31')
limit 1;

-- find inexact
select 1
from "file"."marketing"."cio_""users"""
where try_cast(cast("x" as double) as bigint) is distinct from "x"
limit 1;

-- find constraints
select constraint_type, constraint_name, constraint_column_names
from duckdb_constraints()
where database_name = $1
  and translate(schema_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($2, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and translate(table_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($3, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
union all
select 'UNIQUE', index_name, [expressions]
from duckdb_indexes()
where database_name = $4
  and translate(schema_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($5, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and translate(table_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($6, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and is_unique
order by 1, 2;
-- string: file
-- string: marketing
-- string: cio_"users"
-- string: file
-- string: marketing
-- string: cio_"users"

-- create stage
create temp table "_sdc_stage" (
  "a ""boolean""" boolean,
  "a ""integer""" bigint,
  "a ""decimal""" decimal(38, 9),
  "a ""number""" double,
  "a ""date""" date,
  "a ""time""" time,
  "a ""timestamp""" timestamp with time zone,
  "a ""text""" varchar,
  "a ""json""" json
);

-- drop stage
drop table "temp"."main"."_sdc_stage";

-- find memory limit
select value
from duckdb_settings()
where name = 'memory_limit';

-- set memory limit
set memory_limit = '18.8 GiB';

-- find memory
select
  coalesce(sum(memory_usage_bytes) filter (where tag = 'BASE_TABLE'), 0),
  coalesce(sum(memory_usage_bytes) filter (where tag <> 'BASE_TABLE'), 0),
  coalesce(sum(temporary_storage_bytes), 0)
from duckdb_memory();

-- use the schema
use "file"."marketing";

-- find row
select 1
from "file"."marketing"."cio_""users"""
limit 1;

-- count rows
select count(*), 0
from "file"."marketing"."cio_""users""";

-- count rows, and those marked as deleted
select count(*), count("_sdc_deleted_at")
from "file"."marketing"."cio_""users""";

-- insert staged
insert into "file"."marketing"."cio_""users""" (
  "id",
  "id__decimal",
  "name",
  "_sdc_deleted_at"
)
select
  "id",
  "id__decimal",
  "name",
  "_sdc_deleted_at"
from "temp"."main"."_sdc_stage";

-- insert kept rows
insert into "file"."marketing"."cio_""users""" (
  "id",
  "id__decimal",
  "name",
  "_sdc_deleted_at"
)
select
  "id",
  "id__decimal",
  "name",
  "_sdc_deleted_at"
from "_sdc_stages"."main"."stage_1";

-- delete replaced rows
delete from "_sdc_stages"."main"."stage_1" as target
using "_sdc_stages"."main"."stage_2" as stage
where target."id" = stage."id";

-- merge staged
merge into "file"."marketing"."cio_""users""" as target
using "temp"."main"."_sdc_stage" as stage
on target."id" = stage."id"
when matched then update set
  "id__decimal" = stage."id__decimal",
  "name" = stage."name",
  "_sdc_deleted_at" = stage."_sdc_deleted_at"
when not matched then insert (
  "id",
  "id__decimal",
  "name",
  "_sdc_deleted_at"
) values (
  stage."id",
  stage."id__decimal",
  stage."name",
  stage."_sdc_deleted_at"
);

-- merge staged, two key columns, deletes
merge into "file"."marketing"."cio_""users""" as target
using "temp"."main"."_sdc_stage" as stage
on target."id" is not distinct from stage."id"
  and target."id__decimal" is not distinct from stage."id__decimal"
when matched and stage."_sdc_deleted_at" is not null then delete
when matched then update set
  "name" = stage."name",
  "_sdc_deleted_at" = stage."_sdc_deleted_at"
when not matched and stage."_sdc_deleted_at" is null then insert (
  "id",
  "id__decimal",
  "name",
  "_sdc_deleted_at"
) values (
  stage."id",
  stage."id__decimal",
  stage."name",
  stage."_sdc_deleted_at"
);

-- merge staged, nothing but keys
merge into "file"."marketing"."cio_""users""" as target
using "temp"."main"."_sdc_stage" as stage
on target."id" = stage."id"
when not matched then insert (
  "id"
) values (
  stage."id"
);

-- empty table
delete from "file"."marketing"."cio_""users""";

-- mark rows
update "file"."marketing"."cio_""users"""
set "_sdc_deleted_at" = make_timestamptz(cast($1 as bigint))
where "_sdc_deleted_at" is null
  and ("_sdc_table_version" < cast($2 as bigint) or "_sdc_table_version" is null)
  and not exists (
    select 1
    from "file"."marketing"."cio_""users"""
    where "_sdc_table_version" > cast($3 as bigint)
  );
-- bigint: 1600000000000000
-- bigint: 7
-- bigint: 7

-- delete rows
delete from "file"."marketing"."cio_""users"""
where ("_sdc_table_version" < cast($1 as bigint) or "_sdc_table_version" is null)
  and not exists (
    select 1
    from "file"."marketing"."cio_""users"""
    where "_sdc_table_version" > cast($2 as bigint)
  );
-- bigint: 7
-- bigint: 7

-- describe tables
select
  columns.table_name,
  columns.column_name,
  case
    when contains(tables.sql, 'GENERATED ALWAYS AS') and (
      contains(tables.sql, concat(columns.column_name, ' ', columns.data_type, ' GENERATED ALWAYS AS'))
      or contains(tables.sql, concat('"', replace(columns.column_name, '"', '""'), '" ', columns.data_type, ' GENERATED ALWAYS AS'))
    ) then null
    else columns.data_type
  end,
  not columns.is_nullable,
  columns.comment,
  tables.comment
from duckdb_columns() as columns
left join duckdb_tables() as tables on tables.table_oid = columns.table_oid
  and tables.database_oid = columns.database_oid
where columns.database_name = $1
  and translate(columns.schema_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($2, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and starts_with(translate(columns.table_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), translate($3, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'))
order by columns.table_name, columns.column_index;
-- string: file
-- string: marketing
-- string: cio_

-- find columns
select column_name
from (describe "file"."marketing"."cio_""users""");

-- find what uses a column
select concat('constraint ', constraint_text)
from duckdb_constraints()
where database_name = $1
  and translate(schema_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($2, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and translate(table_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($3, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and constraint_type <> 'NOT NULL'
  and list_contains(
    list_transform(constraint_column_names, lambda name: translate(name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')),
    translate($4, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  )
union all
select concat('index ', index_name)
from duckdb_indexes()
where database_name = $5
  and translate(schema_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($6, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and translate(table_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($7, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
union all
select 'a computed column of the table'
from duckdb_tables()
where database_name = $8
  and translate(schema_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($9, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and translate(table_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($10, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and contains(sql, 'GENERATED ALWAYS AS');
-- string: file
-- string: marketing
-- string: cio_"users"
-- string: at
-- string: file
-- string: marketing
-- string: cio_"users"
-- string: file
-- string: marketing
-- string: cio_"users"

-- create a stage of what fits
create temp table "_sdc_stage" as
select
  fitted."name",
  case when fitted."_sdc_made_0" is null then fitted."id__text" end as "id__text",
  case when fitted."_sdc_made_1" is null then fitted."count__integer" end as "count__integer",
  case when fitted."_sdc_made_2" is null then fitted."at__timestamp" end as "at__timestamp",
  case when fitted."_sdc_made_3" is null then fitted."day__date" end as "day__date",
  case when fitted."_sdc_made_4" is null then fitted."tags__json" end as "tags__json",
  case when fitted."_sdc_made_5" is null then fitted."wait__json" end as "wait__json",
  fitted."_sdc_made_0" as "id",
  fitted."_sdc_made_1" as "count",
  fitted."_sdc_made_2" as "at",
  fitted."_sdc_made_3" as "day",
  fitted."_sdc_made_4" as "tags",
  fitted."_sdc_made_5" as "wait"
from (
  select
    raw.*,
    case when cast(try(try_cast(cast(raw."id__text" as varchar) as UUID)) as varchar) = lower(cast(raw."id__text" as varchar)) then try(try_cast(cast(raw."id__text" as varchar) as UUID)) end as "_sdc_made_0",
  case when try_cast(try(try_cast(raw."count__integer" as FLOAT)) as bigint) = raw."count__integer" and try_cast(cast(try(try_cast(raw."count__integer" as FLOAT)) as varchar) as double) = try_cast(raw."count__integer" as double) then try(try_cast(raw."count__integer" as FLOAT)) end as "_sdc_made_1",
  case when cast(try(try_cast(cast(raw."at__timestamp" at time zone 'UTC' as varchar) as TIMESTAMP_NS)) as varchar) in (cast(raw."at__timestamp" at time zone 'UTC' as varchar), cast(raw."at__timestamp" at time zone 'UTC' as varchar)) then try(try_cast(cast(raw."at__timestamp" at time zone 'UTC' as varchar) as TIMESTAMP_NS)) end as "_sdc_made_2",
  case when cast(try(try_cast(cast(raw."day__date" as varchar) as TIMESTAMP_S)) as varchar) in (cast(raw."day__date" as varchar), cast(raw."day__date" as varchar) || ' 00:00:00') then try(try_cast(cast(raw."day__date" as varchar) as TIMESTAMP_S)) end as "_sdc_made_3",
  try(try_cast(case when coalesce(
      length(try(to_json(try(try_cast(raw."tags__json" as VARCHAR[2]))))) = length(raw."tags__json")
      and json_contains(try(to_json(try(try_cast(raw."tags__json" as VARCHAR[2])))), raw."tags__json")
      and json_contains(raw."tags__json", try(to_json(try(try_cast(raw."tags__json" as VARCHAR[2]))))),
      false
    ) then raw."tags__json" end as VARCHAR[2])) as "_sdc_made_4",
  case when cast(case when json_type(raw."wait__json") = 'VARCHAR' then try(try_cast((raw."wait__json" ->> '$') as INTERVAL)) end as varchar) = (raw."wait__json" ->> '$') then case when json_type(raw."wait__json") = 'VARCHAR' then try(try_cast((raw."wait__json" ->> '$') as INTERVAL)) end end as "_sdc_made_5"
  from "temp"."main"."_sdc_raw" as raw
) as fitted;

-- count what does not fit
select
  count("id__text"),
  count("count__integer"),
  count("at__timestamp"),
  count("day__date"),
  count("tags__json"),
  count("wait__json"),
  count(*) - count("id")
from "temp"."main"."_sdc_stage";

-- delete earlier rows of a key
delete from "temp"."main"."_sdc_stage"
where rowid not in (
  select max(rowid)
  from "temp"."main"."_sdc_stage"
  group by "id", "code"
);

-- merge staged, deletes by a foreign column
merge into "file"."marketing"."cio_""users""" as target
using "temp"."main"."_sdc_stage" as stage
on target."id" = stage."id"
when matched and coalesce(cast(stage."_sdc_deleted_at" as varchar), cast(stage."_sdc_deleted_at__timestamp" as varchar)) is not null then delete
when matched then update set
  "id__decimal" = stage."id__decimal",
  "name" = stage."name",
  "_sdc_deleted_at" = stage."_sdc_deleted_at"
when not matched and coalesce(cast(stage."_sdc_deleted_at" as varchar), cast(stage."_sdc_deleted_at__timestamp" as varchar)) is null then insert (
  "id",
  "id__decimal",
  "name",
  "_sdc_deleted_at"
) values (
  stage."id",
  stage."id__decimal",
  stage."name",
  stage."_sdc_deleted_at"
);

-- mark rows, foreign columns
update "file"."marketing"."cio_""users"""
set "_sdc_deleted_at__timestamp" = make_timestamptz(7)
where "_sdc_deleted_at" is null
  and (coalesce(try_cast("_sdc_table_version" as bigint), "_sdc_table_version__integer") < cast($1 as bigint) or coalesce(try_cast("_sdc_table_version" as bigint), "_sdc_table_version__integer") is null)
  and not exists (
    select 1
    from "file"."marketing"."cio_""users"""
    where coalesce(try_cast("_sdc_table_version" as bigint), "_sdc_table_version__integer") > cast($2 as bigint)
  );
-- bigint: 7
-- bigint: 7

-- comment on a table
comment on table "file"."marketing"."cio_""users""" is 'It''s a table';

-- comment on a column
comment on column "file"."marketing"."cio_""users"""."a ""b""" is 'First line
second line';

-- stored comments
select comments
from "file"."marketing"."cio__sdc_loads"
where comments is not null
order by load_number;

-- sum up a table
select
  count(*) as total,
  count(case when "_sdc_deleted_at" is not null or "_sdc_deleted_at__timestamp" is not null then 1 end) as deleted,
  max("updated") as newest
from "file"."marketing"."cio_""users""";

-- sum up a table without marks
select
  count(*) as total,
  0 as deleted,
  null as newest
from "file"."marketing"."cio_""users""";

-- newest rows
select
  "id",
  "name"
from "file"."marketing"."cio_""users"""
order by "updated" desc nulls last
limit 20;

-- some rows
select
  "id"
from "file"."marketing"."cio_""users"""
limit 20;

-- describe views
select views.view_name, columns.column_name, columns.data_type, views.comment
from duckdb_views() as views
join duckdb_columns() as columns
  on columns.database_name = views.database_name
  and columns.schema_name = views.schema_name
  and columns.table_name = views.view_name
where views.database_name = $1
  and translate(views.schema_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($2, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and starts_with(translate(views.view_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), translate($3, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'))
order by views.view_name, columns.column_index;
-- string: file
-- string: marketing
-- string: cio_

-- create a live view
create or replace view "file"."marketing"."v" as
select
  "id",
  "name"
from "marketing"."cio_""users"""
where "_sdc_deleted_at" is null
  and "_sdc_deleted_at__timestamp" is null;

-- comment on a view
comment on view "file"."marketing"."v" is 'Rows that are not deleted. Kept by target-warehouse; remove this comment to keep your own view.';

-- loaded streams
select distinct counted.key
from "file"."marketing"."cio__sdc_loads", json_each(row_counts) as counted
where cast(counted.value as bigint) > 0;

-- last load number
select max(load_number)
from "file"."marketing"."cio__sdc_loads";

-- last loads
select load_number, run_id, state
from "file"."marketing"."cio__sdc_loads"
where load_number >= (
  select coalesce(max(load_number) filter (where state is not null), max(load_number))
  from "file"."marketing"."cio__sdc_loads"
)
order by load_number;

-- find anything
select 1
from "file"."marketing"."cio_""users"""
where "id" is not null
limit 1;

-- find scalars
select 1
from "file"."marketing"."cio_""users"""
where regexp_full_match("id", '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false')
limit 1;

-- find odd-numbers
select 1
from "file"."marketing"."cio_""users"""
where regexp_full_match("id", '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?') and regexp_matches("id", '[.eE]')
limit 1;

-- find json-strings
select 1
from "file"."marketing"."cio_""users"""
where json_type("id") = 'VARCHAR'
limit 1;

-- find json-scalars
select 1
from "file"."marketing"."cio_""users"""
where json_type("id") not in ('VARCHAR', 'OBJECT', 'ARRAY', 'NULL')
limit 1;

-- find json-times
select 1
from "file"."marketing"."cio_""users"""
where json_type("id") = 'VARCHAR' and regexp_matches("id" ->> '$', '^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}:[0-9]{2})')
limit 1;

-- find midnights
select 1
from "file"."marketing"."cio_""users"""
where date_trunc('day', "id") = "id"
limit 1;

-- find large-numbers
select 1
from "file"."marketing"."cio_""users"""
where "id" > 9007199254740992 or "id" < -9007199254740992
limit 1;

-- find scalars in JSON
select 1
from "file"."marketing"."cio_""users"""
where json_type("id") = 'VARCHAR' and regexp_full_match("id" ->> '$', '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false')
limit 1;

-- find what moves from decimal to text
select 1
from "file"."marketing"."cio_""users""" as target
where target."id__decimal" is not null
  and try_cast(target."id__decimal" as varchar) is not null
limit 1;

-- move from decimal to text
update "file"."marketing"."cio_""users""" as target
set "id" = try_cast(target."id__decimal" as varchar),
  "id__decimal" = null
where target."id__decimal" is not null
  and try_cast(target."id__decimal" as varchar) is not null
  and target."id" is null
  and not exists (
    select 1
    from "file"."marketing"."cio_""users""" as other
    where other."id" = try_cast(target."id__decimal" as varchar)
      and other."part" is not distinct from target."part"
  );

-- find what moves from decimal to number
select 1
from "file"."marketing"."cio_""users""" as target
where target."id__decimal" is not null
  and case when try_cast(try_cast(target."id__decimal" as double) as decimal(38, 0)) = target."id__decimal" then try_cast(target."id__decimal" as double) end is not null
limit 1;

-- move from decimal to number
update "file"."marketing"."cio_""users""" as target
set "id" = case when try_cast(try_cast(target."id__decimal" as double) as decimal(38, 0)) = target."id__decimal" then try_cast(target."id__decimal" as double) end,
  "id__decimal" = null
where target."id__decimal" is not null
  and case when try_cast(try_cast(target."id__decimal" as double) as decimal(38, 0)) = target."id__decimal" then try_cast(target."id__decimal" as double) end is not null
  and target."id" is null
  and not exists (
    select 1
    from "file"."marketing"."cio_""users""" as other
    where other."id" = case when try_cast(try_cast(target."id__decimal" as double) as decimal(38, 0)) = target."id__decimal" then try_cast(target."id__decimal" as double) end
      and other."part" is not distinct from target."part"
  );

-- find what moves from number to integer
select 1
from "file"."marketing"."cio_""users""" as target
where target."id__number" is not null
  and case when try_cast(try_cast(target."id__number" as bigint) as double) = target."id__number" then try_cast(target."id__number" as bigint) end is not null
limit 1;

-- move from number to integer
update "file"."marketing"."cio_""users""" as target
set "id" = case when try_cast(try_cast(target."id__number" as bigint) as double) = target."id__number" then try_cast(target."id__number" as bigint) end,
  "id__number" = null
where target."id__number" is not null
  and case when try_cast(try_cast(target."id__number" as bigint) as double) = target."id__number" then try_cast(target."id__number" as bigint) end is not null
  and target."id" is null
  and not exists (
    select 1
    from "file"."marketing"."cio_""users""" as other
    where other."id" = case when try_cast(try_cast(target."id__number" as bigint) as double) = target."id__number" then try_cast(target."id__number" as bigint) end
      and other."part" is not distinct from target."part"
  );

-- find what moves from text to decimal
select 1
from "file"."marketing"."cio_""users""" as target
where target."id__text" is not null
  and case
    when regexp_full_match(cast(target."id__text" as varchar), '-?[0-9]+(\.[0-9]{0,9}0*)?') then try_cast(cast(target."id__text" as varchar) as decimal(38, 9))
    when regexp_full_match(cast(target."id__text" as varchar), '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?') and regexp_matches(cast(target."id__text" as varchar), '[eE]')
      and try_cast(try_cast(cast(target."id__text" as varchar) as decimal(38, 9)) as double) = try_cast(cast(target."id__text" as varchar) as double)
      then try_cast(cast(target."id__text" as varchar) as decimal(38, 9))
  end is not null
limit 1;

-- move from text to decimal
update "file"."marketing"."cio_""users""" as target
set "id" = case
    when regexp_full_match(cast(target."id__text" as varchar), '-?[0-9]+(\.[0-9]{0,9}0*)?') then try_cast(cast(target."id__text" as varchar) as decimal(38, 9))
    when regexp_full_match(cast(target."id__text" as varchar), '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?') and regexp_matches(cast(target."id__text" as varchar), '[eE]')
      and try_cast(try_cast(cast(target."id__text" as varchar) as decimal(38, 9)) as double) = try_cast(cast(target."id__text" as varchar) as double)
      then try_cast(cast(target."id__text" as varchar) as decimal(38, 9))
  end,
  "id__text" = null
where target."id__text" is not null
  and case
    when regexp_full_match(cast(target."id__text" as varchar), '-?[0-9]+(\.[0-9]{0,9}0*)?') then try_cast(cast(target."id__text" as varchar) as decimal(38, 9))
    when regexp_full_match(cast(target."id__text" as varchar), '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?') and regexp_matches(cast(target."id__text" as varchar), '[eE]')
      and try_cast(try_cast(cast(target."id__text" as varchar) as decimal(38, 9)) as double) = try_cast(cast(target."id__text" as varchar) as double)
      then try_cast(cast(target."id__text" as varchar) as decimal(38, 9))
  end is not null
  and target."id" is null
  and not exists (
    select 1
    from "file"."marketing"."cio_""users""" as other
    where other."id" = case
    when regexp_full_match(cast(target."id__text" as varchar), '-?[0-9]+(\.[0-9]{0,9}0*)?') then try_cast(cast(target."id__text" as varchar) as decimal(38, 9))
    when regexp_full_match(cast(target."id__text" as varchar), '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?') and regexp_matches(cast(target."id__text" as varchar), '[eE]')
      and try_cast(try_cast(cast(target."id__text" as varchar) as decimal(38, 9)) as double) = try_cast(cast(target."id__text" as varchar) as double)
      then try_cast(cast(target."id__text" as varchar) as decimal(38, 9))
  end
      and other."part" is not distinct from target."part"
  );

-- find what moves from json to integer
select 1
from "file"."marketing"."cio_""users""" as target
where target."id__json" is not null
  and case
    when regexp_full_match(cast(target."id__json" as varchar), '-?[0-9]+(\.[0-9]{0,0}0*)?') then try_cast(cast(target."id__json" as varchar) as bigint)
    when regexp_full_match(cast(target."id__json" as varchar), '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?') and regexp_matches(cast(target."id__json" as varchar), '[eE]')
      and try_cast(try_cast(cast(target."id__json" as varchar) as bigint) as double) = try_cast(cast(target."id__json" as varchar) as double)
      then try_cast(cast(target."id__json" as varchar) as bigint)
  end is not null
limit 1;

-- move from json to integer
update "file"."marketing"."cio_""users""" as target
set "id" = case
    when regexp_full_match(cast(target."id__json" as varchar), '-?[0-9]+(\.[0-9]{0,0}0*)?') then try_cast(cast(target."id__json" as varchar) as bigint)
    when regexp_full_match(cast(target."id__json" as varchar), '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?') and regexp_matches(cast(target."id__json" as varchar), '[eE]')
      and try_cast(try_cast(cast(target."id__json" as varchar) as bigint) as double) = try_cast(cast(target."id__json" as varchar) as double)
      then try_cast(cast(target."id__json" as varchar) as bigint)
  end,
  "id__json" = null
where target."id__json" is not null
  and case
    when regexp_full_match(cast(target."id__json" as varchar), '-?[0-9]+(\.[0-9]{0,0}0*)?') then try_cast(cast(target."id__json" as varchar) as bigint)
    when regexp_full_match(cast(target."id__json" as varchar), '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?') and regexp_matches(cast(target."id__json" as varchar), '[eE]')
      and try_cast(try_cast(cast(target."id__json" as varchar) as bigint) as double) = try_cast(cast(target."id__json" as varchar) as double)
      then try_cast(cast(target."id__json" as varchar) as bigint)
  end is not null
  and target."id" is null
  and not exists (
    select 1
    from "file"."marketing"."cio_""users""" as other
    where other."id" = case
    when regexp_full_match(cast(target."id__json" as varchar), '-?[0-9]+(\.[0-9]{0,0}0*)?') then try_cast(cast(target."id__json" as varchar) as bigint)
    when regexp_full_match(cast(target."id__json" as varchar), '-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?') and regexp_matches(cast(target."id__json" as varchar), '[eE]')
      and try_cast(try_cast(cast(target."id__json" as varchar) as bigint) as double) = try_cast(cast(target."id__json" as varchar) as double)
      then try_cast(cast(target."id__json" as varchar) as bigint)
  end
      and other."part" is not distinct from target."part"
  );

-- find what moves from date to timestamp
select 1
from "file"."marketing"."cio_""users""" as target
where target."id__date" is not null
  and try_cast(target."id__date" as timestamp with time zone) is not null
limit 1;

-- move from date to timestamp
update "file"."marketing"."cio_""users""" as target
set "id" = try_cast(target."id__date" as timestamp with time zone),
  "id__date" = null
where target."id__date" is not null
  and try_cast(target."id__date" as timestamp with time zone) is not null
  and target."id" is null
  and not exists (
    select 1
    from "file"."marketing"."cio_""users""" as other
    where other."id" = try_cast(target."id__date" as timestamp with time zone)
      and other."part" is not distinct from target."part"
  );
