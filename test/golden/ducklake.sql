-- open a catalog in a file
attach 'ducklake:it''s.ducklake' as "lake" (data_path 'data/', data_inlining_row_limit 0);
attach 'ducklake:it''s.ducklake' as "lake" (data_path 'data/', read_only);

-- open a catalog in PostgreSQL, data in S3
create or replace temporary secret "_sdc_catalog" (type postgres, "host" '/run/relay', "port" 5432, "user" 'loader', "password" 'pass''word', "database" 'lake');
create or replace temporary secret "_sdc_data" (type s3, "key_id" 'KEY', "secret" 'it''s secret', "region" 'eu-central-1');
attach 'ducklake:postgres:sslmode=''disable'' connect_timeout=''15'' application_name=''test''' as "lake" (meta_secret '_sdc_catalog', data_path 's3://bucket/lake', metadata_schema 'cio', data_inlining_row_limit 0);
attach 'ducklake:postgres:sslmode=''disable'' connect_timeout=''15'' application_name=''test''' as "lake" (meta_secret '_sdc_catalog', data_path 's3://bucket/lake', metadata_schema 'cio', read_only);

-- data in a server with the interface of S3
create or replace temporary secret "_sdc_data" (type s3, "key_id" 'KEY', "secret" 'it''s secret', "session_token" 'token', "region" 'eu-central-1', "endpoint" '127.0.0.1:9000', "use_ssl" false, "url_style" 'path');
attach 'ducklake:c.ducklake' as "lake" (data_path 's3://bucket/lake', data_inlining_row_limit 0);
attach 'ducklake:c.ducklake' as "lake" (data_path 's3://bucket/lake', read_only);

-- keys from the files and services of AWS
create or replace temporary secret "_sdc_data" (type s3, "provider" 'credential_chain', "region" 'us-east-1');
attach 'ducklake:c.ducklake' as "lake" (data_path 's3://bucket/lake', data_inlining_row_limit 0);
attach 'ducklake:c.ducklake' as "lake" (data_path 's3://bucket/lake', read_only);

-- data in Google Cloud Storage
create or replace temporary secret "_sdc_data" (type gcs, "key_id" 'KEY', "secret" 'it''s secret', "region" 'eu-central-1');
attach 'ducklake:c.ducklake' as "lake" (data_path 'gs://bucket/lake', data_inlining_row_limit 0);
attach 'ducklake:c.ducklake' as "lake" (data_path 'gs://bucket/lake', read_only);

-- data in Azure
create or replace temporary secret "_sdc_data" (type azure, "provider" 'credential_chain', "account_name" 'account');
attach 'ducklake:c.ducklake' as "lake" (data_path 'az://container/lake', data_inlining_row_limit 0);
attach 'ducklake:c.ducklake' as "lake" (data_path 'az://container/lake', read_only);

-- merge staged
merge into "lake"."marketing"."cio_""users""" as target
using "temp"."main"."_sdc_stage" as stage
on target."id" = stage."id"
when matched then update set
  "name" = stage."name",
  "_sdc_deleted_at" = stage."_sdc_deleted_at"
when not matched then insert (
  "id",
  "name",
  "_sdc_deleted_at"
) values (
  stage."id",
  stage."name",
  stage."_sdc_deleted_at"
);

-- merge staged, deletes
delete from "lake"."marketing"."cio_""users""" as target
using "temp"."main"."_sdc_stage" as stage
where target."id" = stage."id"
  and stage."_sdc_deleted_at" is not null;
merge into "lake"."marketing"."cio_""users""" as target
using "temp"."main"."_sdc_stage" as stage
on target."id" = stage."id"
when matched then update set
  "name" = stage."name",
  "_sdc_deleted_at" = stage."_sdc_deleted_at"
when not matched and stage."_sdc_deleted_at" is null then insert (
  "id",
  "name",
  "_sdc_deleted_at"
) values (
  stage."id",
  stage."name",
  stage."_sdc_deleted_at"
);

-- rewrite a column
alter table "lake"."marketing"."cio_""users"""
  add column "_sdc_rewritten" varchar;
update "lake"."marketing"."cio_""users"""
set "_sdc_rewritten" = case
    when "at" >= timestamptz '0001-01-01 00:00:00+00' and "at" < timestamptz '10000-01-01 00:00:00+00'
      then strftime("at" at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')
    else cast("at" as varchar)
  end;
alter table "lake"."marketing"."cio_""users""" drop column "at";
alter table "lake"."marketing"."cio_""users""" rename column "_sdc_rewritten" to "at";

-- move a column to the end
alter table "lake"."marketing"."cio_""users""" add column "_sdc_rewritten" BIGINT;
update "lake"."marketing"."cio_""users"""
set "_sdc_rewritten" = "a";
alter table "lake"."marketing"."cio_""users""" drop column "a";
alter table "lake"."marketing"."cio_""users""" rename column "_sdc_rewritten" to "a";

-- find a column
select not is_nullable, column_default
from duckdb_columns()
where database_name = $1
  and translate(schema_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($2, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and translate(table_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($3, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and translate(column_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($4, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');
-- string: lake
-- string: marketing
-- string: cio_"users"
-- string: at

-- find comments
select column_name, comment
from duckdb_columns()
where database_name = $1
  and translate(schema_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($2, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
  and translate(table_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate($3, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
order by column_index;
-- string: lake
-- string: marketing
-- string: cio_"users"

-- mark a commit, and find its start
call ducklake_set_commit_message('lake', 'target-warehouse', 'Load', extra_info => 'mark');
select id from ducklake_current_snapshot('lake');
select 1
from "cio"."ducklake_snapshot"
where snapshot_id = cast($1 as bigint);
-- string: 7

-- maintenance
select table_name
from duckdb_tables()
where database_name = 'lake'
  and translate(schema_name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') = translate('marketing', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');
select data_file, data_file_size_bytes, delete_file is not null
from ducklake_list_files('lake', 'cio_"users"', schema => 'marketing');
update "lake"."marketing"."cio_""users"""
set "id" = "id"
where filename in ('s3://cio/a.parquet', 's3://cio/it''s.parquet');
call ducklake_flush_inlined_data('lake', schema_name => 'marketing', table_name => 'cio_"users"');
select files_processed, files_created
from ducklake_rewrite_data_files('lake', 'cio_"users"', schema => 'marketing', delete_threshold => 0.1);
select files_processed, files_created
from ducklake_merge_adjacent_files('lake', 'cio_"users"', schema => 'marketing', max_file_size => 33554432);
select snapshot_id from ducklake_expire_snapshots('lake');
select snapshot_id from ducklake_expire_snapshots('lake', older_than => now() - interval '24 hours');
select path from ducklake_cleanup_old_files('lake', older_than => now() - interval '24 hours');
select path from ducklake_delete_orphaned_files('lake', older_than => now() - interval '48 hours');

-- note a load
comment on table "lake"."marketing"."cio__sdc_loads" is 'Newest load: 7';
