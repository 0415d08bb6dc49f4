#!/usr/bin/env bash
# Puts the engine of ClickHouse into a folder, and prints its path. It is the npm package chdb: 540 MB,
# too much for every `npm ci`. Usage: test/support/clickhouse/chdb.sh FOLDER
set -euo pipefail
mkdir -p "$1"
folder=$(cd "$1" && pwd)
npm install --loglevel=error --no-audit --no-fund --no-save --no-package-lock --prefix "$folder" chdb@3.4.0 >&2
echo "$folder"
