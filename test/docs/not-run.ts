/** Commands of the docs that their test does not run, each with the reason. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  'npm ci && npm run demo':
    'CI runs it in a clone; test/e2e/readme.long.test.ts compares its output',
  'npm ci && npm test': 'it runs this test',
  'npm ci && npm pack': 'CI installs the package from a clone',
  'npm install --global ./tap-customerio-0.1.0.tgz': 'it installs outside of the test; CI does it',
  'npm ci\nnpm run check': 'it runs this test',
  'export TEST_DUCKDB_EXTENSIONS=$(test/support/duckdb-extensions.sh ~/duckdb-extensions)\nTEST_WAREHOUSES=ducklake npm test -- conformance\nnpm run test:long -- ducklake':
    'CI runs it',
  'export TEST_CHDB=$(test/support/clickhouse/chdb.sh ~/chdb)\nTEST_WAREHOUSES=clickhouse npm test -- conformance\nnpm test -- warehouses/clickhouse\nnpm run test:long -- warehouses/clickhouse':
    'CI runs it',
  'test/support/iceberg/run.sh env TEST_WAREHOUSES=iceberg npm test -- conformance\ntest/support/iceberg/run.sh npm run test:long -- iceberg':
    'CI runs it',
  'TRINO_HOME=~/trino ICEBERG_TOOLS=~/iceberg npm run test:interop -- trino': 'CI runs it',
  'spark-sql --packages org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.11.0,org.apache.iceberg:iceberg-aws-bundle:1.11.0 \\\n  --conf spark.sql.catalog.lake=org.apache.iceberg.spark.SparkCatalog \\\n  --conf spark.sql.catalog.lake.type=rest \\\n  --conf spark.sql.catalog.lake.uri=https://catalog.example.com/catalog \\\n  --conf spark.sql.catalog.lake.warehouse=analytics':
    'it needs Spark',
  'TEST_PICTURES=~/pictures npm run test:long -- page/browser': 'it is those tests',
  'npm run build && UPDATE_DOCS=1 node --test dist/test/page/browser/pictures.long.test.js':
    'it writes into the docs',
  'npm run bench': 'it takes an hour',
  'npm run bench -- target-ducklake target-clickhouse\ntest/support/iceberg/run.sh npm run bench -- target-ducklake-s3 target-iceberg':
    'it measures, on a quiet machine',
  'customerio-sync notify test':
    'it needs the webhook of the page; test/e2e/notify.long.test.ts calls one',
  'customerio-sync start': 'it runs until it is stopped; test/e2e/start.long.test.ts starts it',
  'customerio-sync start --connection us.json --connection eu.json':
    'it runs until it is stopped; test/e2e/start.long.test.ts starts it',
  'customerio-sync sandbox --port 8025 --key my-sandbox-key':
    'it runs until it is stopped; test/cli/sandbox.test.ts starts it',
  'export CUSTOMERIO_APP_API_KEY=my-sandbox-key\ncustomerio-sync init --api-url http://127.0.0.1:8025/v1 --warehouse-url duckdb:sandbox.duckdb --prefix sandbox_\ncustomerio-sync run':
    'it needs the sandbox of the page; test/e2e/init.long.test.ts runs init with --api-url',
  'curl -H \'Authorization: Bearer my-sandbox-key\' http://127.0.0.1:8025/sandbox/edits \\\n  -d \'{"edit": "newsletter", "id": 200001, "set": {"name": "Renamed"}}\'\ncurl -H \'Authorization: Bearer my-sandbox-key\' http://127.0.0.1:8025/sandbox/faults \\\n  -d \'{"fault": "status", "status": 503, "path": "/v1/campaigns", "times": 2}\'':
    'it needs the sandbox of the page; test/cli/sandbox.test.ts sends such requests',
  'customerio-sync init --connection eu --prefix eu_\ncustomerio-sync check --connection eu':
    'it needs the destination of the page; test/e2e/workspace.long.test.ts runs it',
  'customerio-sync console --workspace . --open':
    'it runs until it is stopped; test/console/session.test.ts starts it',
  'customerio-sync console --set-password': 'it asks; test/console/session.test.ts answers',
  'customerio-sync console --port 8080 --public-url https://sync.example.com':
    'it runs until it is stopped',
  'curl --cookie-jar session --header \'Content-Type: application/json\' --data \'{"password": "..."}\' http://127.0.0.1:8080/api/v1/session\ncurl --cookie session http://127.0.0.1:8080/api/v1/connections':
    'it needs a console; test/console/session.test.ts does the same',
  'useradd --system --home-dir /var/lib/customerio-sync --shell /usr/sbin/nologin customerio-sync\ninstall -d -o customerio-sync -g customerio-sync -m 0700 /var/lib/customerio-sync\ninstall -o customerio-sync -g customerio-sync -m 0600 connection.json /var/lib/customerio-sync/\ninstall -d -m 0700 /etc/customerio-sync\ncp examples/systemd/customerio-sync.service /etc/systemd/system/':
    'it needs root',
  'systemctl enable --now customerio-sync\njournalctl -fu customerio-sync': 'it needs systemd',
  'docker build --file examples/docker/Dockerfile --tag customerio-sync .': 'it needs Docker',
  "docker run --rm --interactive --volume customerio-sync:/data --entrypoint sh customerio-sync \\\n  -c 'umask 077; cat > /data/connection.json' < connection.json\ndocker run --rm --env CUSTOMERIO_APP_API_KEY --volume customerio-sync:/data customerio-sync \\\n  check --connection /data/connection.json":
    'it needs Docker',
  'docker run --detach --restart unless-stopped --stop-timeout 40 --read-only --tmpfs /tmp \\\n  --env CUSTOMERIO_APP_API_KEY --volume customerio-sync:/data customerio-sync':
    'it needs Docker',
  'kubectl apply -f examples/kubernetes/deployment.yaml': 'it needs a cluster',
}
