#!/usr/bin/env bash
# Puts the libraries of Apache's REST catalog into a folder, and prints its path. They come from
# Maven Central: about 130 MB. Needs Maven. Usage: test/support/iceberg/jars.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
jars=$(cd "$1" && pwd)/jars
if [ ! -d "$jars" ]; then
  rm -rf "$jars.part"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$jars.part" >&2
  mv "$jars.part" "$jars"
fi
echo "$jars"
