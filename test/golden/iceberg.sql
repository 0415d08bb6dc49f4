-- settings
set s3_url_compatibility_mode = true;
set unsafe_iceberg_ignore_sort_order = true;

-- open a catalog without credentials
attach 'it''s' as "iceberg_catalog" (type iceberg, endpoint 'https://catalog.example.com/api', authorization_type 'none', access_delegation_mode 'vended_credentials', remove_files_on_delete false);
attach 'it''s' as "iceberg_catalog" (type iceberg, endpoint 'https://catalog.example.com/api', authorization_type 'none', access_delegation_mode 'vended_credentials', remove_files_on_delete false, read_only);

-- open with a token, keys of the object store
create or replace temporary secret "_sdc_catalog" (type iceberg, "token" 't');
create or replace temporary secret "_sdc_s3" (type s3, "key_id" 'KEY', "secret" 'it''s secret', "region" 'r');
attach 'it''s' as "iceberg_catalog" (type iceberg, endpoint 'https://catalog.example.com/api', authorization_type 'oauth2', secret '_sdc_catalog', access_delegation_mode 'vended_credentials', remove_files_on_delete false);
attach 'it''s' as "iceberg_catalog" (type iceberg, endpoint 'https://catalog.example.com/api', authorization_type 'oauth2', secret '_sdc_catalog', access_delegation_mode 'vended_credentials', remove_files_on_delete false, read_only);

-- open with the credentials of a client
create or replace temporary secret "_sdc_catalog" (type iceberg, "client_id" 'id', "client_secret" 'sec''ret', "oauth2_server_uri" 'https://catalog.example.com/api/v1/oauth/tokens', "oauth2_scope" 'PRINCIPAL_ROLE:ALL');
attach 'it''s' as "iceberg_catalog" (type iceberg, endpoint 'https://catalog.example.com/api', authorization_type 'oauth2', secret '_sdc_catalog', access_delegation_mode 'vended_credentials', remove_files_on_delete false);
attach 'it''s' as "iceberg_catalog" (type iceberg, endpoint 'https://catalog.example.com/api', authorization_type 'oauth2', secret '_sdc_catalog', access_delegation_mode 'vended_credentials', remove_files_on_delete false, read_only);

-- open a catalog of AWS
create or replace temporary secret "_sdc_s3" (type s3, "key_id" 'KEY', "secret" 'it''s secret', "region" 'r');
attach '' as "iceberg_catalog" (type iceberg, endpoint 'https://glue.eu-west-1.amazonaws.com/iceberg', authorization_type 'sigv4', secret '_sdc_s3', sigv4_service 'glue', sigv4_region 'eu-west-1', stage_create_tables false, access_delegation_mode 'vended_credentials', remove_files_on_delete false);
attach '' as "iceberg_catalog" (type iceberg, endpoint 'https://glue.eu-west-1.amazonaws.com/iceberg', authorization_type 'sigv4', secret '_sdc_s3', sigv4_service 'glue', sigv4_region 'eu-west-1', stage_create_tables false, access_delegation_mode 'vended_credentials', remove_files_on_delete false, read_only);

-- open with keys of Azure
create or replace temporary secret "_sdc_azure" (type azure, "provider" 'credential_chain', "account_name" 'account');
attach 'it''s' as "iceberg_catalog" (type iceberg, endpoint 'https://catalog.example.com/api', authorization_type 'none', access_delegation_mode 'none', remove_files_on_delete false);
attach 'it''s' as "iceberg_catalog" (type iceberg, endpoint 'https://catalog.example.com/api', authorization_type 'none', access_delegation_mode 'none', remove_files_on_delete false, read_only);

-- create a table
create table if not exists "iceberg_catalog"."marketing"."cio_""users""" (
  "id" bigint,
  "it's" varchar,
  "MORE" varchar
) with ('target-warehouse.json.2' = 'true', 'target-warehouse.json.3' = 'true');

-- create a table without JSON
create table if not exists "iceberg_catalog"."marketing"."cio_""users""" (
  "id" bigint
);

-- add a column, and one of JSON
alter table "iceberg_catalog"."marketing"."cio_""users"""
  add column "n" bigint;
alter table "iceberg_catalog"."marketing"."cio_""users"""
  add column "doc" varchar;
alter table "iceberg_catalog"."marketing"."cio_""users""" set ('target-warehouse.json.9' = 'true');

-- comment on a table
alter table "iceberg_catalog"."marketing"."cio_""users""" set ('comment' = 'It''s a table');

-- promote a column
alter table "iceberg_catalog"."marketing"."cio_""users"""
  alter column "at" type decimal(20, 2);

-- promote a foreign column
alter table "iceberg_catalog"."marketing"."cio_""users"""
  alter column "at" type bigint;

-- rewrite a column
alter table "iceberg_catalog"."marketing"."cio_""users"""
  add column "_sdc_rewritten_" decimal(38, 0);
update "iceberg_catalog"."marketing"."cio_""users"""
set "_sdc_rewritten_" = cast("at" as decimal(38, 0));
alter table "iceberg_catalog"."marketing"."cio_""users""" drop column "at";
alter table "iceberg_catalog"."marketing"."cio_""users""" rename column "_sdc_rewritten_" to "at";

-- rewrite a column as JSON
alter table "iceberg_catalog"."marketing"."cio_""users"""
  add column "_sdc_rewritten_" varchar;
update "iceberg_catalog"."marketing"."cio_""users"""
set "_sdc_rewritten_" = cast("at" as json);
alter table "iceberg_catalog"."marketing"."cio_""users""" drop column "at";
alter table "iceberg_catalog"."marketing"."cio_""users""" rename column "_sdc_rewritten_" to "at";
alter table "iceberg_catalog"."marketing"."cio_""users""" set ('target-warehouse.json.8' = 'true');

-- rewrite a column before one of JSON
alter table "iceberg_catalog"."marketing"."cio_""users"""
  add column "_sdc_rewritten" varchar;
update "iceberg_catalog"."marketing"."cio_""users"""
set "_sdc_rewritten" = cast("at" as varchar);
alter table "iceberg_catalog"."marketing"."cio_""users""" drop column "at";
alter table "iceberg_catalog"."marketing"."cio_""users""" rename column "_sdc_rewritten" to "at";
alter table "iceberg_catalog"."marketing"."cio_""users""" add column "_sdc_rewritten" VARCHAR;
update "iceberg_catalog"."marketing"."cio_""users"""
set "_sdc_rewritten" = "at__json";
alter table "iceberg_catalog"."marketing"."cio_""users""" drop column "at__json";
alter table "iceberg_catalog"."marketing"."cio_""users""" rename column "_sdc_rewritten" to "at__json";
alter table "iceberg_catalog"."marketing"."cio_""users""" set ('target-warehouse.json.9' = 'true');
