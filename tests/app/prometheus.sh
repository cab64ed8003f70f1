#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real Prometheus watches a release: it scrapes a service that begins to fail, the daemon asks it
# each minute, and goes back to the warm release by itself. Takes two minutes, so it runs when
# PROMETHEUS names the program; skipped otherwise.
# shellcheck disable=SC2016,SC2317 # Prometheus expands $release; check calls functions
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"

if [ -z "${PROMETHEUS-}" ] || ! command -v python3 >/dev/null; then
	echo "skipped: set PROMETHEUS to the program (Debian: prometheus), and have python3"
	exit 77
fi

# A service that counts: 20 requests a second, half of them errors once the file `fail` is there.
cat >service.py <<'END'
import http.server, os, threading, time
total, errors = 0, 0
def work():
    global total, errors
    while True:
        total += 20
        errors += 10 if os.path.exists("fail") else 0
        time.sleep(1)
class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        release = open("release").read().strip() if os.path.exists("release") else "0.0.0"
        body = ('requests_total{release="%s"} %d\nerrors_total{release="%s"} %d\n'
                % (release, total, release, errors)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Metrics)
open("service.port", "w").write(str(server.server_port))
threading.Thread(target=work, daemon=True).start()
server.serve_forever()
END
python3 service.py 2>>err &
service=$!
trap 'kill "$service" $prometheus $pid 2>/dev/null' EXIT
prometheus=
await test -s service.port
cat >prometheus.yml <<END
global: {scrape_interval: 2s}
scrape_configs:
  - job_name: service
    static_configs: [{targets: ["127.0.0.1:$(cat service.port)"]}]
END
port=$((20000 + $$ % 20000))
"$PROMETHEUS" --config.file=prometheus.yml --storage.tsdb.path=tsdb \
	--web.listen-address="127.0.0.1:$port" 2>prometheus.log &
prometheus=$!
answers() { curl -fsS "http://127.0.0.1:$port/-/ready" >out 2>err; }
check "prometheus serves" await answers

awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=state -o policy=calm.json -o auth=off \
	-o slo.prometheus.url="http://127.0.0.1:$port" -o slo.prometheus.lag=5 \
	-o 'slo.prometheus.total=sum(increase(requests_total{release="$release"}[$window]))' \
	-o 'slo.prometheus.errors=sum(increase(errors_total{release="$release"}[$window])) or vector(0)' \
	2>log &
pid=$!
await ready
export SPIRALFED_URL="unix:$PWD/sock"
sf submit "$SRC/etc/demo/hf.json" "$SRC/etc/demo/gcp.json" "$SRC/etc/demo/aws.json"
sf merge
sf promote 1.0.0-rc.1 --reason first
sf submit "$SRC/etc/demo/hf-better.json"
sf merge
sf promote "$(sed -n 's/^merge \([^ ]*\) .*/\1/p' out)" --reason second
check "a second release is live" prints 'stable is now 1.0.1'
echo 1.0.1 >release
: >fail

stable() { curl -sS --unix-socket sock http://localhost/v1/channels/stable | grep -q '"version":"1.0.0"'; }
began=$(date +%s)
until await stable || [ $(($(date +%s) - began)) -ge 200 ]; do :; done
check "what Prometheus counted led back to the warm release" stable
sf events --max-results 20
check "... by the controller" grep -q 'rollback.completed.*controller:slo' out
echo "# went back after $(($(date +%s) - began)) s"
exit "$bad"
