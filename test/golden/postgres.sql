-- find session
select
  current_schema(),
  current_setting('server_version_num'),
  current_setting('synchronous_commit');

-- force settings
set client_encoding = 'UTF8';
set client_min_messages = 'warning';
set standard_conforming_strings = on;
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set timezone = 'UTC';
set extra_float_digits = 1;
set quote_all_identifiers = off;
set search_path = pg_catalog;
set row_security = off;
set lock_timeout = '30s';
set statement_timeout = 0;
set idle_in_transaction_session_timeout = '5min';
set tcp_keepalives_idle = 60;
set tcp_keepalives_interval = 10;
set tcp_keepalives_count = 6;
set jit = off;

-- force by server, 1
set idle_session_timeout = 0;

-- force by server, 2
set transaction_timeout = 0;

-- force by server, 3
set synchronous_commit = on;

-- look for the client
set client_connection_check_interval = '2s';

-- force read-only
set default_transaction_read_only = on;

-- try lock
select pg_try_advisory_lock(cast($1 as bigint));
-- string: -81985529216486896

-- try lock in a transaction
select pg_try_advisory_xact_lock(cast($1 as bigint));
-- string: -81985529216486896

-- find holder
select activity.pid, activity.application_name, activity.backend_start
from pg_locks as lock
join pg_stat_activity as activity on activity.pid = lock.pid
where lock.locktype = 'advisory'
  and lock.database = (select oid from pg_database where datname = current_database())
  and lock.classid = cast($1 as oid)
  and lock.objid = cast($2 as oid)
  and lock.objsubid = 1
  and lock.granted
limit 1;
-- string: 4275878552
-- string: 1985229328

-- begin
begin transaction isolation level read committed read write;

-- begin to read
begin transaction isolation level read committed read only;
set local search_path = "marketing", public;
set local row_security = on;

-- prefer the index
set local enable_hashjoin = off;
set local enable_mergejoin = off;

-- prefer nothing
set local enable_hashjoin = on;
set local enable_mergejoin = on;

-- find schema
select 1
from pg_namespace
where nspname = $1;
-- string: marketing

-- create schema
create schema if not exists "marketing";

-- describe tables
select
  class.relname,
  attribute.attname,
  case
    when attribute.attgenerated <> '' or attribute.attidentity = 'a' then null
    else format_type(attribute.atttypid, attribute.atttypmod)
  end,
  case
    when type.typtype <> 'd' then format_type(attribute.atttypid, attribute.atttypmod)
    else (
      with recursive base as (
        select type.typtype, type.typbasetype, type.typtypmod
        union all
        select inner_type.typtype, inner_type.typbasetype, case
          when inner_type.typtype = 'd' and inner_type.typtypmod >= 0 then inner_type.typtypmod
          else base.typtypmod
        end
        from base
        join pg_type as inner_type on inner_type.oid = base.typbasetype
        where inner_type.typtype = 'd'
      )
      select format_type(base.typbasetype, base.typtypmod)
      from base
      where not exists (
        select 1
        from pg_type as inner_type
        where inner_type.oid = base.typbasetype and inner_type.typtype = 'd'
      )
    )
  end,
  case
    when type.typnamespace <> cast('pg_catalog' as regnamespace) then (
      select named.nspname
      from pg_opclass as class_of_type
      join pg_am as method on method.oid = class_of_type.opcmethod and method.amname = 'btree'
      join pg_amop as member
        on member.amopfamily = class_of_type.opcfamily
        and member.amopstrategy = 3
        and member.amoplefttype = class_of_type.opcintype
        and member.amoprighttype = class_of_type.opcintype
      join pg_operator as operator on operator.oid = member.amopopr and operator.oprname = '='
      join pg_namespace as named on named.oid = operator.oprnamespace
      where class_of_type.opcdefault
        and class_of_type.opcintype = coalesce(nullif(type.typbasetype, 0), type.oid)
        and named.nspname <> 'pg_catalog'
      limit 1
    )
  end,
  attribute.attnotnull,
  type.typcategory in ('S', 'E'),
  col_description(class.oid, attribute.attnum),
  obj_description(class.oid, 'pg_class'),
  pg_has_role(class.relowner, 'usage')
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
left join pg_attribute as attribute
  on attribute.attrelid = class.oid and attribute.attnum > 0 and not attribute.attisdropped
left join pg_type as type on type.oid = attribute.atttypid
where namespace.nspname = $1
  and class.relkind in ('r', 'p', 'f')
  and starts_with(cast(class.relname as text), $2)
order by class.relname, attribute.attnum;
-- string: marketing
-- string: cio_

-- create table
create table "marketing"."cio_""users""" (
  "a ""boolean""" boolean,
  "a ""integer""" bigint,
  "a ""decimal""" numeric(38, 9),
  "a ""number""" numeric,
  "a ""date""" date,
  "a ""time""" time,
  "a ""timestamp""" timestamptz,
  "a ""text""" text,
  "a ""json""" jsonb
);

-- add column
alter table "marketing"."cio_""users"""
  add column "x" bigint;

-- find rights
select
  namespace.oid is not null,
  has_schema_privilege(namespace.oid, 'usage'),
  has_schema_privilege(namespace.oid, 'create'),
  has_database_privilege(current_database(), 'temporary'),
  coalesce((
    select bool_and(has_table_privilege(class.oid, $1) and has_table_privilege(class.oid, $2) and has_table_privilege(class.oid, $3) and has_table_privilege(class.oid, $4))
    from pg_class as class
    where class.relnamespace = namespace.oid
      and class.relname = any (cast(array[$5, $6] as text[]))
  ), true),
  coalesce((
    select bool_and(pg_has_role(class.relowner, 'usage'))
    from pg_class as class
    where class.relnamespace = namespace.oid
      and class.relname = any (cast(array[$7] as text[]))
  ), true)
from (select 1) as one
left join pg_namespace as namespace on namespace.nspname = $8;
-- string: select
-- string: insert
-- string: update
-- string: delete
-- string: cio_users
-- string: cio__sdc_loads
-- string: cio_users
-- string: marketing

-- find tables with row-level security
select class.relname, pg_has_role(class.relowner, 'usage')
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
where namespace.nspname = $1
  and class.relname = any (cast(array[$2, $3] as text[]))
  and has_table_privilege(class.oid, $4) and has_table_privilege(class.oid, $5) and has_table_privilege(class.oid, $6) and has_table_privilege(class.oid, $7)
  and row_security_active(class.oid)
order by class.relname
limit 1;
-- string: marketing
-- string: cio_users
-- string: cio__sdc_loads
-- string: select
-- string: insert
-- string: update
-- string: delete

-- find a table that was made meanwhile
select 1
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
where namespace.nspname = $1
  and class.relname = any (cast(array[$2] as text[]))
  and class.relkind in ('r', 'p', 'f')
limit 1;
-- string: marketing
-- string: cio_users

-- find dates that are no times
select 1
from "marketing"."cio_""users"""
where isfinite("at")
  and cast("at" as date) > '294276-12-31'
limit 1;

-- find another owner
select 1
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
where namespace.nspname = $1
  and class.relname = $2
  and not pg_has_role(class.relowner, 'usage');
-- string: marketing
-- string: cio_"users"

-- find what hinders a change
with recursive family (table_id, is_root) as (
  select class.oid, true
  from pg_class as class
  join pg_namespace as namespace on namespace.oid = class.relnamespace
  where namespace.nspname = $1
    and class.relname = $2
  union
  select child.inhrelid, false
  from pg_inherits as child
  join family on family.table_id = child.inhparent
),
changed as (
  select family.*, attribute.*, class.*, cast(attribute.attrelid as regclass) as table_name
  from family
  join pg_class as class on class.oid = family.table_id
  join pg_attribute as attribute on attribute.attrelid = family.table_id
  where attribute.attname = $3
    and not attribute.attisdropped
),
uses (type_id) as (
  select reltype
  from changed
  union
  select case when class.oid is null then dependency.objid else class.reltype end
  from uses
  join pg_depend as dependency
    on dependency.refclassid = cast('pg_type' as regclass) and dependency.refobjid = uses.type_id
  left join pg_class as class
    on dependency.classid = cast('pg_class' as regclass) and class.oid = dependency.objid
  where dependency.classid = cast('pg_type' as regclass)
    or class.relkind in ('c', 'v', 'f')
)
select 'shape', format('the partition key of %s', table_name)
from changed
where exists (
  select 1
  from pg_partitioned_table
  where partrelid = attrelid and attnum = any (partattrs)
) or exists (
  select 1
  from pg_depend
  where classid = cast('pg_class' as regclass) and objid = attrelid and objsubid = attnum
    and refclassid = classid and refobjid = objid and refobjsubid = 0 and deptype = 'i'
)
union
select 'shape', format('the table %s, of which this one is a partition', cast(inhparent as regclass))
from changed
join pg_inherits on inhrelid = attrelid
where is_root and relispartition
union
select 'shape', format('the type %s, of which the table is', cast(reloftype as regtype))
from changed
where reloftype <> 0
union
select 'refuses', format('the table %s, from which the column is inherited', cast(inhparent as regclass))
from changed
join pg_inherits on inhrelid = attrelid
where is_root and attinhcount > 0 and not relispartition
union
select 'refuses', format('column %I of %s', attname, cast(attrelid as regclass))
from uses
join pg_depend as dependency
  on dependency.refclassid = cast('pg_type' as regclass) and dependency.refobjid = uses.type_id
  and dependency.classid = cast('pg_class' as regclass)
join pg_class as class on class.oid = dependency.objid
join pg_attribute
  on attrelid = class.oid
  and (attnum = dependency.objsubid or (dependency.objsubid = 0 and atttypid = uses.type_id))
where class.relkind in ('r', 'p', 'm', 'i') and attnum > 0 and not attisdropped
union
select
  case
    when dependency.classid in (
      cast('pg_rewrite' as regclass),
      cast('pg_trigger' as regclass),
      cast('pg_policy' as regclass),
      cast('pg_proc' as regclass),
      cast('pg_publication_rel' as regclass)
    ) then 'refuses'
    when generated.attnum <> changed.attnum then 'refuses'
    when key.contype = 'f' and not (
    select bool_and(
      own.type = other.type
      or exists (
        select 1
        from pg_cast
        where castsource = own.type and casttarget = other.type and castcontext = 'i'
      )
      or exists (
        select 1
        from pg_operator
        where oprname = '=' and oprleft = other.type and oprright = own.type and oprcanmerge
      )
    )
    from unnest(key.conkey, key.confkey) as pair (own, other)
    cross join (select cast(pg_typeof(cast(null as numeric(38, 9))) as oid)) as wanted (type)
    cross join lateral (
      select case
        when key.conrelid = changed.attrelid and pair.own = changed.attnum then wanted.type
        else (select atttypid from pg_attribute where attrelid = key.conrelid and attnum = pair.own)
      end
    ) as own (type)
    cross join lateral (
      select case
        when key.confrelid = changed.attrelid and pair.other = changed.attnum then wanted.type
        else (select atttypid from pg_attribute where attrelid = key.confrelid and attnum = pair.other)
      end
    ) as other (type)
  ) then 'refuses'
    when not is_root and (
      (key.contype in ('c', 'x') and key.conislocal)
      or (
        (index.indexprs is not null or index.indpred is not null)
        and not exists (select 1 from pg_inherits where inhrelid = index.indexrelid)
      )
    ) then 'refuses'
    when value.oid is not null or key.contype in ('c', 'x') or sequence.oid is not null
      or index.indexprs is not null or index.indpred is not null or own.amname not in ('btree', 'hash')
      or dependency.classid = cast('pg_statistic_ext' as regclass) then 'perhaps'
  end,
  case
    when generated.attnum <> changed.attnum then format(
      'generated column %I of table %s',
      generated.attname,
      cast(generated.attrelid as regclass)
    )
    else pg_describe_object(dependency.classid, dependency.objid, 0)
  end
from changed
join pg_depend as dependency
  on dependency.refclassid = cast('pg_class' as regclass)
  and dependency.refobjid = changed.attrelid
  and dependency.refobjsubid = changed.attnum
left join pg_attrdef as value
  on dependency.classid = cast('pg_attrdef' as regclass) and value.oid = dependency.objid
left join pg_attribute as generated
  on (generated.attrelid, generated.attnum) = (value.adrelid, value.adnum)
  or (
    dependency.classid = cast('pg_class' as regclass)
    and (generated.attrelid, generated.attnum) = (dependency.objid, dependency.objsubid)
  )
left join pg_constraint as key
  on dependency.classid = cast('pg_constraint' as regclass) and key.oid = dependency.objid
left join pg_class as sequence
  on dependency.classid = cast('pg_class' as regclass) and sequence.oid = dependency.objid
  and sequence.relkind = 'S'
left join pg_index as index
  on dependency.classid = cast('pg_class' as regclass) and index.indexrelid = dependency.objid
left join pg_class as indexed on indexed.oid = index.indexrelid
left join pg_am as own on own.oid = indexed.relam
where coalesce(not starts_with(cast(indexed.relname as text), $4), true)
  and not exists (
    select 1
    from pg_rewrite as rule
join pg_class as view on view.oid = rule.ev_class
join pg_namespace as place on place.oid = view.relnamespace
where rule.rulename = '_RETURN'
  and view.relkind = 'v'
  and obj_description(view.oid, 'pg_class') = $5
      and pg_has_role(view.relowner, 'usage')
  and has_schema_privilege(view.relowner, view.relnamespace, 'create')
  and has_schema_privilege(view.relnamespace, 'create')
  and not exists (
    select 1
    from pg_depend as view_user
    join pg_type as row_type on row_type.oid = view.reltype
    where (
      view_user.refclassid = cast('pg_class' as regclass)
      and view_user.refobjid = view.oid
      and (view_user.classid, view_user.objid) not in (
        (cast('pg_rewrite' as regclass), rule.oid),
        (cast('pg_type' as regclass), row_type.oid)
      )
    ) or (
      view_user.refclassid = cast('pg_type' as regclass)
      and view_user.refobjid in (row_type.oid, row_type.typarray)
      and (view_user.classid, view_user.objid) <> (cast('pg_type' as regclass), row_type.typarray)
    )
  )
      and dependency.classid = cast('pg_rewrite' as regclass)
      and dependency.objid = rule.oid
  )
order by 2;
-- string: marketing
-- string: cio_"users"
-- string: at
-- string: _sdc_key_
-- string: Rows that are not deleted. Kept by target-warehouse; remove this comment to keep your own view.

-- widen column
alter table "marketing"."cio_""users"""
  alter column "at" type numeric
  using cast("at" as numeric);

-- widen a date to a timestamp
alter table "marketing"."cio_""users"""
  alter column "at" type timestamptz
  using cast("at" as timestamp) at time zone 'UTC';

-- widen a timestamp to text
alter table "marketing"."cio_""users"""
  alter column "at" type text
  using case
    when "at" >= '0001-01-01 00:00:00+00' and "at" < '10000-01-01 00:00:00+00'
      then to_char("at" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    else cast("at" as text)
  end;

-- widen a double of another maker
alter table "marketing"."cio_""users"""
  alter column "at" type numeric
  using cast(cast("at" as text) as numeric);

-- find index
select exists (
  select 1
  from pg_index as index
  join pg_class as named on named.oid = index.indexrelid
  join pg_am as method on method.oid = named.relam
  where index.indrelid = class.oid
    and index.indisvalid
    and index.indisready
    and index.indpred is null
    and (method.amname = 'btree' or (method.amname = 'hash' and index.indnkeyatts = 2))
    and (
      (
        named.relname = $1
        and index.indnkeyatts = 2
        and (select count(*) from unnest(index.indkey) as part (attnum) where attnum = 0) = 1
      )
      or named.relname <> $2 and (
        select array_agg(cast(attribute.attname as text) order by attribute.attname collate "C")
        from unnest(index.indkey, index.indclass, index.indcollation)
          with ordinality as part (attnum, opclass, collation_id, at)
        join pg_attribute as attribute
          on attribute.attrelid = class.oid
          and attribute.attnum = part.attnum
          and attribute.attcollation = part.collation_id
        join pg_opclass on pg_opclass.oid = part.opclass and opcdefault
        where part.at <= 2
      ) = (
        select array_agg(wanted.name order by wanted.name collate "C")
        from unnest(cast(array[$3, $4] as text[])) as wanted (name)
      )
    )
)
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
where namespace.nspname = $5
  and class.relname = $6
  and class.relkind in ('r', 'p')
  and pg_has_role(class.relowner, 'usage')
  and has_schema_privilege(namespace.oid, 'create');
-- string: _sdc_key_96a19a5e59464bd8
-- string: _sdc_key_96a19a5e59464bd8
-- string: campaign_id
-- string: id
-- string: marketing
-- string: cio_"users"

-- create index
create index if not exists "_sdc_key_96a19a5e59464bd8"
on "marketing"."cio_""users""" (
  "campaign_id",
  (left("id", 500) collate "C")
);

-- find an index that holds long values whole
select 1
from pg_index as index
join pg_class as named on named.oid = index.indexrelid
join pg_am as method on method.oid = named.relam
join pg_class as class on class.oid = index.indrelid
join pg_namespace as namespace on namespace.oid = class.relnamespace
where namespace.nspname = $1
  and class.relname = $2
  and named.relname = $3
  and method.amname = 'btree'
  and index.indpred is null
  and (select count(*) from unnest(index.indkey) as part (attnum) where attnum = 0) <> 2;
-- string: marketing
-- string: cio_"users"
-- string: _sdc_key_96a19a5e59464bd8

-- create index on a number and a text
create index if not exists "_sdc_key_96a19a5e59464bd8"
on "marketing"."cio_""users""" (
  (hash_numeric_extended("campaign_id", 0)),
  (left("id", 500) collate "C")
);

-- find our indexes of a column
select distinct named.relname
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
join pg_attribute as attribute on attribute.attrelid = class.oid
join pg_index as index on index.indrelid = class.oid
join pg_class as named on named.oid = index.indexrelid
join pg_depend as dependency
  on dependency.classid = cast('pg_class' as regclass) and dependency.objid = named.oid
  and dependency.refclassid = cast('pg_class' as regclass) and dependency.refobjid = class.oid
  and dependency.refobjsubid = attribute.attnum
where namespace.nspname = $1
  and class.relname = $2
  and attribute.attname = $3
  and starts_with(cast(named.relname as text), $4);
-- string: marketing
-- string: cio_"users"
-- string: campaign_id
-- string: _sdc_key_

-- drop index
drop index "marketing"."_sdc_key_x";

-- find row
select 1
from "marketing"."cio_""users"""
limit 1;

-- count rows
select count(*), 0
from "marketing"."cio_""users""";

-- count rows, and those marked as deleted
select count(*), count("_sdc_deleted_at")
from "marketing"."cio_""users""";

-- create stage
create temp table "_sdc_stage" (
  "a ""boolean""" boolean,
  "a ""integer""" bigint,
  "a ""decimal""" numeric(38, 9),
  "a ""number""" numeric,
  "a ""date""" date,
  "a ""time""" time,
  "a ""timestamp""" timestamptz,
  "a ""text""" text,
  "a ""json""" jsonb
) on commit drop;

-- copy into the stage
copy "pg_temp"."_sdc_stage" (
  "a ""boolean""",
  "a ""integer""",
  "a ""decimal""",
  "a ""number""",
  "a ""date""",
  "a ""time""",
  "a ""timestamp""",
  "a ""text""",
  "a ""json"""
) from stdin;

-- copy into the table
copy "marketing"."cio_""users""" (
  "a ""boolean""",
  "a ""integer""",
  "a ""decimal""",
  "a ""number""",
  "a ""date""",
  "a ""time""",
  "a ""timestamp""",
  "a ""text""",
  "a ""json"""
) from stdin;

-- find staged
with found as materialized (
  select 1
  from "pg_temp"."_sdc_stage" as stage
  join "marketing"."cio_""users""" as target
    on target."campaign_id" = stage."campaign_id"
  and left(target."id", 500) collate "C" = left(stage."id", 500) collate "C"
  and target."id" = stage."id"
)
select 1
from found
limit 1;

-- insert new
insert into "marketing"."cio_""users""" (
  "campaign_id",
  "id",
  "name",
  "_sdc_deleted_at"
)
select
  stage."campaign_id",
  stage."id",
  stage."name",
  stage."_sdc_deleted_at"
from "pg_temp"."_sdc_stage" as stage;

-- insert new, with deletes
insert into "marketing"."cio_""users""" (
  "campaign_id",
  "id",
  "name",
  "_sdc_deleted_at"
)
select
  stage."campaign_id",
  stage."id",
  stage."name",
  stage."_sdc_deleted_at"
from "pg_temp"."_sdc_stage" as stage
where stage."_sdc_deleted_at" is null;

-- update staged
update "marketing"."cio_""users""" as target
set "id" = stage."id",
  "name" = stage."name",
  "_sdc_deleted_at" = stage."_sdc_deleted_at"
from "pg_temp"."_sdc_stage" as stage
where target."campaign_id" = stage."campaign_id";

-- insert staged
insert into "marketing"."cio_""users""" (
  "campaign_id",
  "id",
  "name",
  "_sdc_deleted_at"
)
select
  stage."campaign_id",
  stage."id",
  stage."name",
  stage."_sdc_deleted_at"
from "pg_temp"."_sdc_stage" as stage
where not exists (
  select 1
  from "marketing"."cio_""users""" as target
  where target."campaign_id" = stage."campaign_id"
);

-- update staged, two key columns, one of text
update "marketing"."cio_""users""" as target
set "name" = stage."name",
  "_sdc_deleted_at" = stage."_sdc_deleted_at"
from "pg_temp"."_sdc_stage" as stage
where target."campaign_id" = stage."campaign_id"
  and left(target."id", 500) collate "C" = left(stage."id", 500) collate "C"
  and target."id" = stage."id";

-- insert staged, two key columns, one of text
insert into "marketing"."cio_""users""" (
  "campaign_id",
  "id",
  "name",
  "_sdc_deleted_at"
)
select
  stage."campaign_id",
  stage."id",
  stage."name",
  stage."_sdc_deleted_at"
from "pg_temp"."_sdc_stage" as stage
where not exists (
  select 1
  from "marketing"."cio_""users""" as target
  where target."campaign_id" = stage."campaign_id"
  and left(target."id", 500) collate "C" = left(stage."id", 500) collate "C"
  and target."id" = stage."id"
);

-- delete staged
delete from "marketing"."cio_""users""" as target
using "pg_temp"."_sdc_stage" as stage
where target."campaign_id" = stage."campaign_id"
  and left(target."id", 500) collate "C" = left(stage."id", 500) collate "C"
  and target."id" = stage."id"
  and (stage."_sdc_deleted_at" is not null);

-- update staged, with deletes
update "marketing"."cio_""users""" as target
set "name" = stage."name",
  "_sdc_deleted_at" = stage."_sdc_deleted_at"
from "pg_temp"."_sdc_stage" as stage
where target."campaign_id" = stage."campaign_id"
  and left(target."id", 500) collate "C" = left(stage."id", 500) collate "C"
  and target."id" = stage."id"
  and stage."_sdc_deleted_at" is null;

-- insert staged, with deletes
insert into "marketing"."cio_""users""" (
  "campaign_id",
  "id",
  "name",
  "_sdc_deleted_at"
)
select
  stage."campaign_id",
  stage."id",
  stage."name",
  stage."_sdc_deleted_at"
from "pg_temp"."_sdc_stage" as stage
where not exists (
  select 1
  from "marketing"."cio_""users""" as target
  where target."campaign_id" = stage."campaign_id"
  and left(target."id", 500) collate "C" = left(stage."id", 500) collate "C"
  and target."id" = stage."id"
)
  and stage."_sdc_deleted_at" is null;

-- insert staged, nullable key columns of every type
insert into "marketing"."cio_""users""" (
  "id__boolean",
  "id__integer",
  "id__decimal",
  "id__number",
  "id__date",
  "id__time",
  "id__timestamp",
  "id__text",
  "id__json"
)
select
  stage."id__boolean",
  stage."id__integer",
  stage."id__decimal",
  stage."id__number",
  stage."id__date",
  stage."id__time",
  stage."id__timestamp",
  stage."id__text",
  stage."id__json"
from "pg_temp"."_sdc_stage" as stage
where not exists (
  select 1
  from "marketing"."cio_""users""" as target
  where coalesce(target."id__boolean", false) = coalesce(stage."id__boolean", false)
  and target."id__boolean" is not distinct from stage."id__boolean"
  and coalesce(target."id__integer", 0) = coalesce(stage."id__integer", 0)
  and target."id__integer" is not distinct from stage."id__integer"
  and coalesce(target."id__decimal", 0) = coalesce(stage."id__decimal", 0)
  and target."id__decimal" is not distinct from stage."id__decimal"
  and coalesce(target."id__number", 0) = coalesce(stage."id__number", 0)
  and target."id__number" is not distinct from stage."id__number"
  and coalesce(target."id__date", 'epoch') = coalesce(stage."id__date", 'epoch')
  and target."id__date" is not distinct from stage."id__date"
  and coalesce(target."id__time", '00:00') = coalesce(stage."id__time", '00:00')
  and target."id__time" is not distinct from stage."id__time"
  and coalesce(target."id__timestamp", 'epoch') = coalesce(stage."id__timestamp", 'epoch')
  and target."id__timestamp" is not distinct from stage."id__timestamp"
  and coalesce(target."id__text", '') = coalesce(stage."id__text", '')
  and target."id__text" is not distinct from stage."id__text"
  and coalesce(target."id__json", 'null') = coalesce(stage."id__json", 'null')
  and target."id__json" is not distinct from stage."id__json"
);

-- drop stage
drop table "pg_temp"."_sdc_stage";

-- empty table
delete from "marketing"."cio_""users""";

-- mark rows
update "marketing"."cio_""users"""
set "_sdc_deleted_at" = cast($1 as timestamptz)
where "_sdc_deleted_at" is null
  and ("_sdc_table_version" < cast($2 as bigint) or "_sdc_table_version" is null)
  and not exists (
    select 1
    from "marketing"."cio_""users"""
    where "_sdc_table_version" > cast($3 as bigint)
  );
-- string: 2020-09-13T12:26:40.000Z
-- string: 7
-- string: 7

-- delete rows
delete from "marketing"."cio_""users"""
where ("_sdc_table_version" < cast($1 as bigint) or "_sdc_table_version" is null)
  and not exists (
    select 1
    from "marketing"."cio_""users"""
    where "_sdc_table_version" > cast($2 as bigint)
  );
-- string: 7
-- string: 7

-- create a stage of what fits
create temp table "_sdc_stage" on commit drop as
select
  fitted."name",
  case when fitted."_sdc_fit_0" is not distinct from null then fitted."id__text" end as "id__text",
  case when fitted."_sdc_fit_1" is not distinct from null then fitted."code__text" end as "code__text",
  case when fitted."_sdc_fit_2" is not distinct from null then fitted."token__text" end as "token__text",
  case when fitted."_sdc_fit_3" is not distinct from null then fitted."seats__integer" end as "seats__integer",
  case when fitted."_sdc_fit_4" is not distinct from null then fitted."price__number" end as "price__number",
  case when fitted."_sdc_fit_5" is not distinct from null then fitted."joined__timestamp" end as "joined__timestamp",
  case when fitted."_sdc_fit_6" is not distinct from null then fitted."seen__timestamp" end as "seen__timestamp",
  case when fitted."_sdc_fit_7" is not distinct from null then fitted."tags__json" end as "tags__json",
  coalesce(fitted."_sdc_fit_0") as "id",
  coalesce(fitted."_sdc_fit_1") as "code",
  coalesce(fitted."_sdc_fit_2") as "token",
  coalesce(fitted."_sdc_fit_3") as "seats",
  coalesce(fitted."_sdc_fit_4") as "price",
  coalesce(fitted."_sdc_fit_5") as "joined",
  coalesce(fitted."_sdc_fit_6") as "seen",
  coalesce(fitted."_sdc_fit_7") as "tags"
from (
  select
    raw.*,
    case when raw."id__text" is not null then (
  select case when format('%s', tried.value) collate "C" in (cast(raw."id__text" as text) collate "C", cast(raw."id__text" as text) collate "C") then tried.value end
  from (
    select cast(cast(cast(raw."id__text" as text) as public.citext) as public.citext) as value
    offset 0
  ) as tried
) end as "_sdc_fit_0",
  case when raw."code__text" is not null then (
  select case when rtrim(format('%s', tried.value) collate "C", ' ') = rtrim(cast(raw."code__text" as text) collate "C", ' ') then tried.value end
  from (
    select cast(cast(cast(raw."code__text" as text) as character(3)) as character(3)) as value
    offset 0
  ) as tried
) end as "_sdc_fit_1",
  case when raw."token__text" is not null then (
  select case when format('%s', tried.value) collate "C" = lower(cast(raw."token__text" as text) collate "C") then tried.value end
  from (
    select cast(cast(cast(raw."token__text" as text) as uuid) as uuid) as value
    offset 0
  ) as tried
) end as "_sdc_fit_2",
  case when raw."seats__integer" is not null then (
  select case when case
      when format('%s', tried.value) ~ '^-?[0-9]+([.][0-9]+)?(e[-+]?[0-9]+)?$' then cast(format('%s', tried.value) as numeric) = raw."seats__integer"
      else false
    end then tried.value end
  from (
    select cast(cast(cast(raw."seats__integer" as text) as integer) as integer) as value
    offset 0
  ) as tried
) end as "_sdc_fit_3",
  case when raw."price__number" is not null then (
  select case when cast(tried.value as numeric) = raw."price__number" then tried.value end
  from (
    select cast(cast(case when strpos(cast(raw."price__number" as text), '.') > 0 then rtrim(rtrim(cast(raw."price__number" as text), '0'), '.') else cast(raw."price__number" as text) end as money) as money) as value
    offset 0
  ) as tried
) end as "_sdc_fit_4",
  case when raw."joined__timestamp" is not null then (
  select case when format('%s', tried.value) collate "C" in (cast(raw."joined__timestamp" at time zone 'UTC' as text) collate "C", cast(raw."joined__timestamp" at time zone 'UTC' as text) collate "C") then tried.value end
  from (
    select cast(cast(cast(raw."joined__timestamp" at time zone 'UTC' as text) as timestamp(0) without time zone) as timestamp(0) without time zone) as value
    offset 0
  ) as tried
) end as "_sdc_fit_5",
  case when raw."seen__timestamp" is not null then (
  select case when format('%s', tried.value) collate "C" in (replace(case
    when raw."seen__timestamp" >= '0001-01-01 00:00:00+00' and raw."seen__timestamp" < '10000-01-01 00:00:00+00'
      then to_char(raw."seen__timestamp" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    else cast(raw."seen__timestamp" as text)
  end, '.000000Z', 'Z') collate "C", replace(case
    when raw."seen__timestamp" >= '0001-01-01 00:00:00+00' and raw."seen__timestamp" < '10000-01-01 00:00:00+00'
      then to_char(raw."seen__timestamp" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    else cast(raw."seen__timestamp" as text)
  end, '.000000Z', 'Z') collate "C") then tried.value end
  from (
    select cast(cast(replace(case
    when raw."seen__timestamp" >= '0001-01-01 00:00:00+00' and raw."seen__timestamp" < '10000-01-01 00:00:00+00'
      then to_char(raw."seen__timestamp" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    else cast(raw."seen__timestamp" as text)
  end, '.000000Z', 'Z') as character varying(50)) as character varying(50)) as value
    offset 0
  ) as tried
) end as "_sdc_fit_6",
  case when raw."tags__json" is not null then (
  select case when to_jsonb(tried.value) = raw."tags__json" then tried.value end
  from (
    select (
      select cast(made.value as text[])
      from jsonb_to_record(jsonb_build_object('value', raw."tags__json")) as made (value text[])
    ) as value
    offset 0
  ) as tried
) end as "_sdc_fit_7"
  from "pg_temp"."_sdc_raw" as raw
  offset 0
) as fitted;

-- create a stage of what fits, one by one
create temp table "_sdc_stage" on commit drop as
select
  case when fitted."_sdc_fit_0" is not distinct from null then fitted."id__text" end as "id__text",
  case when fitted."_sdc_fit_1" is not distinct from null then fitted."code__text" end as "code__text",
  case when fitted."_sdc_fit_2" is not distinct from null then fitted."token__text" end as "token__text",
  case when fitted."_sdc_fit_3" is not distinct from null then fitted."seats__integer" end as "seats__integer",
  case when fitted."_sdc_fit_4" is not distinct from null then fitted."price__number" end as "price__number",
  case when fitted."_sdc_fit_5" is not distinct from null then fitted."joined__timestamp" end as "joined__timestamp",
  case when fitted."_sdc_fit_6" is not distinct from null then fitted."seen__timestamp" end as "seen__timestamp",
  case when fitted."_sdc_fit_7" is not distinct from null then fitted."tags__json" end as "tags__json",
  coalesce(fitted."_sdc_fit_0") as "id",
  coalesce(fitted."_sdc_fit_1") as "code",
  coalesce(fitted."_sdc_fit_2") as "token",
  coalesce(fitted."_sdc_fit_3") as "seats",
  coalesce(fitted."_sdc_fit_4") as "price",
  coalesce(fitted."_sdc_fit_5") as "joined",
  coalesce(fitted."_sdc_fit_6") as "seen",
  coalesce(fitted."_sdc_fit_7") as "tags"
from (
  select
    raw.*,
    cast("pg_temp"."_sdc_fit_0"(raw."id__text") as public.citext) as "_sdc_fit_0",
  cast("pg_temp"."_sdc_fit_1"(raw."code__text") as character(3)) as "_sdc_fit_1",
  cast("pg_temp"."_sdc_fit_2"(raw."token__text") as uuid) as "_sdc_fit_2",
  cast("pg_temp"."_sdc_fit_3"(raw."seats__integer") as integer) as "_sdc_fit_3",
  cast("pg_temp"."_sdc_fit_4"(raw."price__number") as money) as "_sdc_fit_4",
  cast("pg_temp"."_sdc_fit_5"(raw."joined__timestamp") as timestamp(0) without time zone) as "_sdc_fit_5",
  cast("pg_temp"."_sdc_fit_6"(raw."seen__timestamp") as character varying(50)) as "_sdc_fit_6",
  cast("pg_temp"."_sdc_fit_7"(raw."tags__json") as text[]) as "_sdc_fit_7"
  from "pg_temp"."_sdc_raw" as raw
  offset 0
) as fitted;

-- create a function that tries a value
create function "pg_temp"."_sdc_fit_0"(text)
returns public.citext
language plpgsql
as 'begin
  return case when $1 is not null then (
  select case when format(''%s'', tried.value) collate "C" in (cast($1 as text) collate "C", cast($1 as text) collate "C") then tried.value end
  from (
    select cast(cast(cast($1 as text) as public.citext) as public.citext) as value
    offset 0
  ) as tried
) end;
exception when others then
  if left(sqlstate, 2) in (''08'', ''25'', ''40'', ''53'', ''55'', ''57'', ''58'')
    or sqlstate in (''XX001'', ''XX002'') then raise; end if;
  return null;
end';

-- drop the function
drop function "pg_temp"."_sdc_fit_0"(text);

-- count what does not fit
select
  count("id__text"),
  count("code__text"),
  count("token__text"),
  count("seats__integer"),
  count("price__number"),
  count("joined__timestamp"),
  count("seen__timestamp"),
  count("tags__json"),
  count(*) - count("id")
from "pg_temp"."_sdc_stage";

-- delete earlier rows of a key
delete from "pg_temp"."_sdc_stage"
where ctid = any (array(
  select ctid
  from (
    select
      ctid,
      row_number() over (
        partition by "id", "code"
        order by ctid desc
      ) as place
    from "pg_temp"."_sdc_stage"
  ) as placed
  where place > 1
));

-- find columns
select attname
from pg_attribute
where attrelid = cast('"marketing"."cio_""users"""' as regclass)
  and not attisdropped
  and attname in ('id__text', 'it''s');

-- update staged, a foreign key column
update "marketing"."cio_""users""" as target
set "campaign_id" = stage."campaign_id",
  "name" = stage."name",
  "_sdc_deleted_at" = stage."_sdc_deleted_at"
from "pg_temp"."_sdc_stage" as stage
where target."id" operator("public".=) stage."id";

-- insert new, with deletes by a foreign column
insert into "marketing"."cio_""users""" (
  "campaign_id",
  "id",
  "name",
  "_sdc_deleted_at"
)
select
  stage."campaign_id",
  stage."id",
  stage."name",
  stage."_sdc_deleted_at"
from "pg_temp"."_sdc_stage" as stage
where stage."_sdc_deleted_at" is null
  and stage."_sdc_deleted_at__timestamp" is null;

-- mark rows, foreign columns
update "marketing"."cio_""users"""
set "_sdc_deleted_at__timestamp" = now()
where "_sdc_deleted_at" is null
  and (coalesce(case when format('%s', "_sdc_table_version") ~ '^-?[0-9]{1,18}([.][0-9]+)?$' then cast(format('%s', "_sdc_table_version") as numeric) end, "_sdc_table_version__integer") < cast($1 as bigint) or coalesce(case when format('%s', "_sdc_table_version") ~ '^-?[0-9]{1,18}([.][0-9]+)?$' then cast(format('%s', "_sdc_table_version") as numeric) end, "_sdc_table_version__integer") is null)
  and not exists (
    select 1
    from "marketing"."cio_""users"""
    where coalesce(case when format('%s', "_sdc_table_version") ~ '^-?[0-9]{1,18}([.][0-9]+)?$' then cast(format('%s', "_sdc_table_version") as numeric) end, "_sdc_table_version__integer") > cast($2 as bigint)
  );
-- string: 7
-- string: 7

-- comments of a table
comment on table "marketing"."cio_""users""" is 'It''s a table';
comment on column "marketing"."cio_""users"""."a ""b""" is 'First line
second line';

-- stored comments
select comments
from "marketing"."cio__sdc_loads"
where comments is not null
order by load_number;

-- sum up a table
select
  count(*) as total,
  count(case when "_sdc_deleted_at" is not null then 1 end) as deleted,
  max("updated") as newest
from "marketing"."cio_""users""";

-- newest rows
select
  "id",
  "name"
from "marketing"."cio_""users"""
order by "updated" desc nulls last
limit 20;

-- describe views
select
  class.relname,
  attribute.attname,
  format_type(attribute.atttypid, attribute.atttypmod),
  obj_description(class.oid, 'pg_class')
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum > 0
where namespace.nspname = $1
  and class.relkind in ('v', 'm')
  and starts_with(cast(class.relname as text), $2)
order by class.relname, attribute.attnum;
-- string: marketing
-- string: cio_

-- find live views of a column
select
  place.nspname,
  view.relname,
  pg_get_viewdef(view.oid),
  array_to_string(view.reloptions, ', '),
  concat_ws(
    ' ',
    (
      select string_agg(format(
        'grant %s on %I.%I to %s%s;',
        privilege_type,
        place.nspname,
        view.relname,
        case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
        case when is_grantable then ' with grant option' else '' end
      ), ' ')
      from aclexplode(view.relacl)
      where grantee <> view.relowner
    ),
    (
      select string_agg(format(
        'grant %s (%I) on %I.%I to %s%s;',
        privilege_type,
        attribute.attname,
        place.nspname,
        view.relname,
        case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
        case when is_grantable then ' with grant option' else '' end
      ), ' ')
      from pg_attribute as attribute
      cross join lateral aclexplode(attribute.attacl)
      where attribute.attrelid = view.oid
    ),
    (
      select string_agg(format(
        'comment on column %I.%I.%I is %L;',
        place.nspname,
        view.relname,
        attribute.attname,
        col_description(view.oid, attribute.attnum)
      ), ' ')
      from pg_attribute as attribute
      where attribute.attrelid = view.oid
        and col_description(view.oid, attribute.attnum) is not null
    ),
    case when pg_get_userbyid(view.relowner) <> current_user then format(
      'alter view %I.%I owner to %I;',
      place.nspname,
      view.relname,
      pg_get_userbyid(view.relowner)
    ) end
  ),
  pg_has_role(view.relowner, 'usage')
  and has_schema_privilege(view.relowner, view.relnamespace, 'create')
  and has_schema_privilege(view.relnamespace, 'create')
  and not exists (
    select 1
    from pg_depend as view_user
    join pg_type as row_type on row_type.oid = view.reltype
    where (
      view_user.refclassid = cast('pg_class' as regclass)
      and view_user.refobjid = view.oid
      and (view_user.classid, view_user.objid) not in (
        (cast('pg_rewrite' as regclass), rule.oid),
        (cast('pg_type' as regclass), row_type.oid)
      )
    ) or (
      view_user.refclassid = cast('pg_type' as regclass)
      and view_user.refobjid in (row_type.oid, row_type.typarray)
      and (view_user.classid, view_user.objid) <> (cast('pg_type' as regclass), row_type.typarray)
    )
  )
from pg_rewrite as rule
join pg_class as view on view.oid = rule.ev_class
join pg_namespace as place on place.oid = view.relnamespace
where rule.rulename = '_RETURN'
  and view.relkind = 'v'
  and obj_description(view.oid, 'pg_class') = $1
  and pg_has_role(view.relowner, 'usage')
  and has_schema_privilege(view.relowner, view.relnamespace, 'create')
  and has_schema_privilege(view.relnamespace, 'create')
  and not exists (
    select 1
    from pg_depend as view_user
    join pg_type as row_type on row_type.oid = view.reltype
    where (
      view_user.refclassid = cast('pg_class' as regclass)
      and view_user.refobjid = view.oid
      and (view_user.classid, view_user.objid) not in (
        (cast('pg_rewrite' as regclass), rule.oid),
        (cast('pg_type' as regclass), row_type.oid)
      )
    ) or (
      view_user.refclassid = cast('pg_type' as regclass)
      and view_user.refobjid in (row_type.oid, row_type.typarray)
      and (view_user.classid, view_user.objid) <> (cast('pg_type' as regclass), row_type.typarray)
    )
  )
  and exists (
    select 1
    from pg_depend as dependency
    join pg_class as used on used.oid = dependency.refobjid
    join pg_namespace as namespace on namespace.oid = used.relnamespace
    join pg_attribute as attribute
      on attribute.attrelid = used.oid and attribute.attnum = dependency.refobjsubid
    where dependency.classid = cast('pg_rewrite' as regclass)
      and dependency.objid = rule.oid
      and dependency.refclassid = cast('pg_class' as regclass)
      and namespace.nspname = $2
      and used.relname = $3
      and attribute.attname = $4
  );
-- string: Rows that are not deleted. Kept by target-warehouse; remove this comment to keep your own view.
-- string: marketing
-- string: cio_"users"
-- string: at

-- find a live view
select
  place.nspname,
  view.relname,
  pg_get_viewdef(view.oid),
  array_to_string(view.reloptions, ', '),
  concat_ws(
    ' ',
    (
      select string_agg(format(
        'grant %s on %I.%I to %s%s;',
        privilege_type,
        place.nspname,
        view.relname,
        case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
        case when is_grantable then ' with grant option' else '' end
      ), ' ')
      from aclexplode(view.relacl)
      where grantee <> view.relowner
    ),
    (
      select string_agg(format(
        'grant %s (%I) on %I.%I to %s%s;',
        privilege_type,
        attribute.attname,
        place.nspname,
        view.relname,
        case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
        case when is_grantable then ' with grant option' else '' end
      ), ' ')
      from pg_attribute as attribute
      cross join lateral aclexplode(attribute.attacl)
      where attribute.attrelid = view.oid
    ),
    (
      select string_agg(format(
        'comment on column %I.%I.%I is %L;',
        place.nspname,
        view.relname,
        attribute.attname,
        col_description(view.oid, attribute.attnum)
      ), ' ')
      from pg_attribute as attribute
      where attribute.attrelid = view.oid
        and col_description(view.oid, attribute.attnum) is not null
    ),
    case when pg_get_userbyid(view.relowner) <> current_user then format(
      'alter view %I.%I owner to %I;',
      place.nspname,
      view.relname,
      pg_get_userbyid(view.relowner)
    ) end
  ),
  pg_has_role(view.relowner, 'usage')
  and has_schema_privilege(view.relowner, view.relnamespace, 'create')
  and has_schema_privilege(view.relnamespace, 'create')
  and not exists (
    select 1
    from pg_depend as view_user
    join pg_type as row_type on row_type.oid = view.reltype
    where (
      view_user.refclassid = cast('pg_class' as regclass)
      and view_user.refobjid = view.oid
      and (view_user.classid, view_user.objid) not in (
        (cast('pg_rewrite' as regclass), rule.oid),
        (cast('pg_type' as regclass), row_type.oid)
      )
    ) or (
      view_user.refclassid = cast('pg_type' as regclass)
      and view_user.refobjid in (row_type.oid, row_type.typarray)
      and (view_user.classid, view_user.objid) <> (cast('pg_type' as regclass), row_type.typarray)
    )
  )
from pg_rewrite as rule
join pg_class as view on view.oid = rule.ev_class
join pg_namespace as place on place.oid = view.relnamespace
where rule.rulename = '_RETURN'
  and view.relkind = 'v'
  and obj_description(view.oid, 'pg_class') = $1
  and place.nspname = $2
  and view.relname = $3;
-- string: Rows that are not deleted. Kept by target-warehouse; remove this comment to keep your own view.
-- string: marketing
-- string: v

-- create a live view
create or replace view "marketing"."v" with (security_barrier=true) as
select
  "id",
  "name"
from "marketing"."cio_""users"""
where "_sdc_deleted_at" is null;

-- comment on a view
comment on view "marketing"."v" is 'Rows that are not deleted. Kept by target-warehouse; remove this comment to keep your own view.';

-- last load number
select max(load_number)
from "marketing"."cio__sdc_loads";

-- loaded streams
select distinct counted.key
from "marketing"."cio__sdc_loads"
cross join lateral jsonb_each_text(cast(row_counts as jsonb)) as counted
where cast(counted.value as bigint) > 0;

-- last loads
select load_number, run_id, state
from "marketing"."cio__sdc_loads"
where load_number >= (
  select coalesce(max(load_number) filter (where state is not null), max(load_number))
  from "marketing"."cio__sdc_loads"
)
order by load_number;

-- find anything
select 1
from "marketing"."cio_""users"""
where "id" is not null
limit 1;

-- find scalars
select 1
from "marketing"."cio_""users"""
where "id" ~ '^(-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false)$'
limit 1;

-- find odd-numbers
select 1
from "marketing"."cio_""users"""
where "id" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' and "id" ~ '[.eE]'
limit 1;

-- find json-strings
select 1
from "marketing"."cio_""users"""
where jsonb_typeof("id") = 'string'
limit 1;

-- find json-scalars
select 1
from "marketing"."cio_""users"""
where jsonb_typeof("id") in ('number', 'boolean')
limit 1;

-- find json-times
select 1
from "marketing"."cio_""users"""
where jsonb_typeof("id") = 'string' and "id" #>> '{}' ~ '^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}:[0-9]{2})'
limit 1;

-- find midnights
select 1
from "marketing"."cio_""users"""
where date_trunc('day', "id") = "id"
limit 1;

-- find large-numbers
select 1
from "marketing"."cio_""users"""
where "id" > 9007199254740992 or "id" < -9007199254740992
limit 1;

-- find scalars in JSON
select 1
from "marketing"."cio_""users"""
where jsonb_typeof("id") = 'string' and "id" #>> '{}' ~ '^(-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false)$'
limit 1;

-- find what moves from decimal to text
select 1
from "marketing"."cio_""users""" as target
where target."id__decimal" is not null
  and cast(target."id__decimal" as text) is not null
limit 1;

-- move from decimal to text
update "marketing"."cio_""users""" as target
set "id" = cast(target."id__decimal" as text),
  "id__decimal" = null
where target."id__decimal" is not null
  and cast(target."id__decimal" as text) is not null
  and target."id" is null
  and not exists (
    select 1
    from "marketing"."cio_""users""" as other
    where other."id" = cast(target."id__decimal" as text)
      and other."part" is not distinct from target."part"
  );

-- find what moves from decimal to number
select 1
from "marketing"."cio_""users""" as target
where target."id__decimal" is not null
  and case
    when true
      then cast(cast(target."id__decimal" as numeric) as numeric)
  end is not null
limit 1;

-- move from decimal to number
update "marketing"."cio_""users""" as target
set "id" = case
    when true
      then cast(cast(target."id__decimal" as numeric) as numeric)
  end,
  "id__decimal" = null
where target."id__decimal" is not null
  and case
    when true
      then cast(cast(target."id__decimal" as numeric) as numeric)
  end is not null
  and target."id" is null
  and not exists (
    select 1
    from "marketing"."cio_""users""" as other
    where other."id" = case
    when true
      then cast(cast(target."id__decimal" as numeric) as numeric)
  end
      and other."part" is not distinct from target."part"
  );

-- find what moves from number to integer
select 1
from "marketing"."cio_""users""" as target
where target."id__number" is not null
  and case
    when cast(target."id__number" as numeric) = trunc(cast(target."id__number" as numeric))
    and cast(target."id__number" as numeric) between -9223372036854775808 and 9223372036854775807
      then cast(cast(target."id__number" as numeric) as bigint)
  end is not null
limit 1;

-- move from number to integer
update "marketing"."cio_""users""" as target
set "id" = case
    when cast(target."id__number" as numeric) = trunc(cast(target."id__number" as numeric))
    and cast(target."id__number" as numeric) between -9223372036854775808 and 9223372036854775807
      then cast(cast(target."id__number" as numeric) as bigint)
  end,
  "id__number" = null
where target."id__number" is not null
  and case
    when cast(target."id__number" as numeric) = trunc(cast(target."id__number" as numeric))
    and cast(target."id__number" as numeric) between -9223372036854775808 and 9223372036854775807
      then cast(cast(target."id__number" as numeric) as bigint)
  end is not null
  and target."id" is null
  and not exists (
    select 1
    from "marketing"."cio_""users""" as other
    where other."id" = case
    when cast(target."id__number" as numeric) = trunc(cast(target."id__number" as numeric))
    and cast(target."id__number" as numeric) between -9223372036854775808 and 9223372036854775807
      then cast(cast(target."id__number" as numeric) as bigint)
  end
      and other."part" is not distinct from target."part"
  );

-- find what moves from text to decimal
select 1
from "marketing"."cio_""users""" as target
where target."id__text" is not null
  and case
    when case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end = trunc(case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end, 9)
    and abs(case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end) < cast('100000000000000000000000000000' as numeric)
      then cast(case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end as numeric(38, 9))
  end is not null
limit 1;

-- move from text to decimal
update "marketing"."cio_""users""" as target
set "id" = case
    when case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end = trunc(case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end, 9)
    and abs(case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end) < cast('100000000000000000000000000000' as numeric)
      then cast(case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end as numeric(38, 9))
  end,
  "id__text" = null
where target."id__text" is not null
  and case
    when case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end = trunc(case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end, 9)
    and abs(case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end) < cast('100000000000000000000000000000' as numeric)
      then cast(case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end as numeric(38, 9))
  end is not null
  and target."id" is null
  and not exists (
    select 1
    from "marketing"."cio_""users""" as other
    where other."id" = case
    when case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end = trunc(case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end, 9)
    and abs(case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end) < cast('100000000000000000000000000000' as numeric)
      then cast(case when target."id__text" ~ '^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$' then cast(target."id__text" as numeric) end as numeric(38, 9))
  end
      and other."part" is not distinct from target."part"
  );

-- find what moves from json to integer
select 1
from "marketing"."cio_""users""" as target
where target."id__json" is not null
  and case
    when case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end = trunc(case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end)
    and case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end between -9223372036854775808 and 9223372036854775807
      then cast(case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end as bigint)
  end is not null
limit 1;

-- move from json to integer
update "marketing"."cio_""users""" as target
set "id" = case
    when case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end = trunc(case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end)
    and case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end between -9223372036854775808 and 9223372036854775807
      then cast(case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end as bigint)
  end,
  "id__json" = null
where target."id__json" is not null
  and case
    when case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end = trunc(case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end)
    and case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end between -9223372036854775808 and 9223372036854775807
      then cast(case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end as bigint)
  end is not null
  and target."id" is null
  and not exists (
    select 1
    from "marketing"."cio_""users""" as other
    where other."id" = case
    when case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end = trunc(case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end)
    and case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end between -9223372036854775808 and 9223372036854775807
      then cast(case when jsonb_typeof(target."id__json") = 'number' then cast(target."id__json" as numeric) end as bigint)
  end
      and other."part" is not distinct from target."part"
  );

-- find what moves from date to timestamp
select 1
from "marketing"."cio_""users""" as target
where target."id__date" is not null
  and cast(target."id__date" as timestamp) at time zone 'UTC' is not null
limit 1;

-- move from date to timestamp
update "marketing"."cio_""users""" as target
set "id" = cast(target."id__date" as timestamp) at time zone 'UTC',
  "id__date" = null
where target."id__date" is not null
  and cast(target."id__date" as timestamp) at time zone 'UTC' is not null
  and target."id" is null
  and not exists (
    select 1
    from "marketing"."cio_""users""" as other
    where other."id" = cast(target."id__date" as timestamp) at time zone 'UTC'
      and other."part" is not distinct from target."part"
  );
