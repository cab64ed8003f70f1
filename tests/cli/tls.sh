#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The client's own safety: TLS from 1.2 on, and no token over a plain connection to another machine
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"

python=/usr/bin/python3
if ! "$python" -c 'import ssl' 2>/dev/null || ! command -v openssl >/dev/null; then
	echo "skipped: python3 or openssl is not installed"
	exit 77
fi
unset SPIRALFED_TOKEN SPIRALFED_TOKEN_FILE SPIRALFED_URL

SPIRALFED_TOKEN=sfd_x_y sf status --server http://192.0.2.1:9
check "a token is not sent in the open: exit 2" exits 2
check "... and says what to do" says 'use https'
check "... without the token" eval '! says sfd_x_y'

# Whether one caller shakes hands. Nobody trusts the certificate, which is looked at after that.
cat >server.py <<'END'
import socket, ssl, sys, warnings
warnings.simplefilter("ignore")
version = getattr(ssl.TLSVersion, sys.argv[1])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1
context.maximum_version = version
context.set_ciphers("ALL:@SECLEVEL=0")
context.load_cert_chain("cert", "key")
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
try:
    context.wrap_socket(listener.accept()[0], server_side=True).recv(1)
    print("SHAKEN", flush=True)
except ssl.SSLError as e:
    print(e.reason, flush=True)
except OSError as e:
    print(e, flush=True)
END
openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=localhost 2>/dev/null
meet() { # VERSION: *end* is how the server saw it
	: >"seen.$1"
	"$python" server.py "$1" >"seen.$1" 2>server.err &
	await test -s "seen.$1"
	sf status --server "https://127.0.0.1:$(head -n 1 "seen.$1")"
	wait $!
	end=$(tail -n 1 "seen.$1")
}
meet TLSv1_1
check "a server of TLS 1.1 is not talked to" test "$end" = UNSUPPORTED_PROTOCOL
meet TLSv1_2
check "one of TLS 1.2 is, as far as its certificate" test "$end" = SHAKEN
check "... and no further" says certificate
exit "$bad"
