#!/usr/bin/env bash
# Runs a command with a catalog server for Iceberg and an object store, both on loopback. They end
# with this script, also when it is killed. Needs Java 17, Maven and Python.
# Usage: test/support/iceberg/run.sh COMMAND...
# ICEBERG_TOOLS names a folder that keeps the downloads.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
tools=${ICEBERG_TOOLS:-$scratch/tools}
mkdir -p "$tools" "$scratch/classes"

# Only this shell holds the writing end of the pipe. When it closes, the servers end.
mkfifo "$scratch/alive"
exec 9<>"$scratch/alive"
watch='"$@" & pid=$!; read word; kill -KILL $pid; wait $pid 2>/dev/null; rm -rf "$SCRATCH"'
tied() {
  SCRATCH=$scratch sh -c "$watch" watch "$@" <"$scratch/alive" 9>&- &
}
stop() {
  exec 9>&-
  wait
  rm -rf "$scratch"
}
trap stop EXIT

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
until_up() {
  for _ in $(seq 600); do
    if curl --silent --output /dev/null "$1"; then return; fi
    sleep 0.1
  done
  echo "$1 did not start" >&2
  exit 1
}

jars=$("$here/jars.sh" "$tools")
if [ ! -x "$tools/moto/bin/moto_server" ]; then
  python3 -m venv "$tools/moto"
  "$tools/moto/bin/pip" install --quiet --disable-pip-version-check 'moto[server,s3]==5.2.5' >&2
fi

store=http://127.0.0.1:$(free_port)
tied "$tools/moto/bin/moto_server" -H 127.0.0.1 -p "${store##*:}" >"$scratch/moto.log" 2>&1
javac -cp "$jars/*" -d "$scratch/classes" "$here/CatalogServer.java"
catalog=http://127.0.0.1:$(free_port)
export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
tied java -Xmx512m -Dorg.slf4j.simpleLogger.defaultLogLevel=off -cp "$scratch/classes:$jars/*" \
  CatalogServer "${catalog##*:}" jdbc:sqlite::memory: "$store" lake >"$scratch/catalog.log" 2>&1
until_up "$store"
curl --silent --fail --output /dev/null -X PUT "$store/lake"
until_up "$catalog/v1/config?warehouse=test"

export TEST_ICEBERG_CATALOG=$catalog TEST_ICEBERG_JARS=$jars AWS_ENDPOINT_URL=$store
"$@" 9>&-
