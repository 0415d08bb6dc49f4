#!/usr/bin/env bash
# Puts DuckDB's extensions for lakes into a folder, and prints its path. They come from PyPI, in the
# version of the npm package. Usage: test/support/duckdb-extensions.sh FOLDER
set -euo pipefail
folder=$1
here=$(cd "$(dirname "$0")/../.." && pwd)
version=$(node --print "require('$here/node_modules/@duckdb/node-api/package.json').version.split('-')[0]")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$scratch/wheels" \
  duckdb-extension-{ducklake,postgres-scanner,httpfs,avro,iceberg}=="$version"
platform=$(cd "$here" && node --input-type=module --eval "
  import { DuckDBInstance } from '@duckdb/node-api'
  const connection = await (await DuckDBInstance.create()).connect()
  const found = await connection.runAndReadAll('select platform from pragma_platform()')
  console.log(String(found.getRows()[0][0]))")
mkdir -p "$folder/v$version/$platform"
for wheel in "$scratch"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$scratch/unpacked"; done
cp "$scratch"/unpacked/*/extensions/v"$version"/*.duckdb_extension "$folder/v$version/$platform/"
(cd "$folder" && pwd)
