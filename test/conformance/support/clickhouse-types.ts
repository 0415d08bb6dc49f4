/**
 * Column types of ClickHouse that can be null, with sample values where possible. Arrays, maps,
 * tuples and the like cannot, and a load leaves their columns alone.
 */

import { OLD_TEXTS } from './type-samples.ts'
import type { TypeSample } from './warehouses.ts'

const TYPES = `Int8;Int16;Int32;Int64;Int128;Int256;UInt8;UInt16;UInt32;UInt64;UInt128;UInt256;
Float32;Float64;Bool;UUID;IPv4;IPv6;
Decimal(5, 2);Decimal(18, 4);Decimal(38, 10);Decimal(3, 3);Decimal(60, 20);
Date;Date32;Time;Time64(3);Time64(6);DateTime;DateTime('Europe/Berlin');DateTime64(3);DateTime64(9);
DateTime64(6, 'UTC');DateTime64(6, 'America/New_York');
String;String comment 'JSON';FixedString(3);FixedString(50);LowCardinality(Nullable(String));
Enum8('5' = 1, 'abc' = 2, 'true' = 3, 'it''s' = 4)`.split(/;\n?/)

type Run = (statement: string) => Promise<unknown>

async function isAccepted(run: Run, statement: string): Promise<boolean> {
  return run(statement).then(
    () => true,
    () => false,
  )
}

async function sampleOf(run: Run, type: string): Promise<TypeSample | undefined> {
  const written = type.replaceAll("''", "\\'")
  const create = `create or replace table tried (c ${written}) engine = MergeTree order by ()`
  if (!(await isAccepted(run, create))) return undefined
  for (const text of OLD_TEXTS) {
    const old = `cast('${text.replaceAll("'", "\\'")}' as Nullable(${written}))`
    if (await isAccepted(run, `insert into tried select ${old}`)) {
      return { type, old: old.replaceAll("\\'", "''") }
    }
  }
  return { type, old: undefined }
}

export async function clickhouseTypes(run: Run): Promise<TypeSample[]> {
  const types: TypeSample[] = []
  for (const type of TYPES) {
    const sample = await sampleOf(run, type)
    if (sample) types.push(sample)
  }
  await run('drop table tried')
  return types
}
