#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A receiver of webhooks: prints its port, checks each signature against the secrets it is given, and
writes a line of JSON for each request to standard output before it answers.

  receiver.py [--secret FILE]... [--down FILE]

The path says how it answers: /ok 200, /gone 410, /fail 500, /move 302, /big 200 with a megabyte,
/echo 200 with the request's body and headers, /hold/... never: when the caller has had enough, it writes
a line {"left": path}. While the --down file is there, whoever calls is hung up on.
"""
import argparse
import base64
import hashlib
import hmac
import http.server
import json
import os
import sys
import threading
import time
import urllib.parse

TOLERANCE_S = 300
lock = threading.Lock()


def read_secret(path):
    with open(path, encoding="ascii") as f:
        text = f.read().strip()
    assert text.startswith("whsec_"), path
    return base64.b64decode(text[len("whsec_"):], validate=True)


def verify(secrets, headers, body):
    """Which of the secrets signed it; None when the timestamp is off or a header is missing."""
    ident, at = headers.get("webhook-id"), headers.get("webhook-timestamp", "")
    if not ident or not at.isdigit() or abs(time.time() - int(at)) > TOLERANCE_S:
        return None
    message = ident.encode() + b"." + at.encode() + b"." + body
    sent = headers.get("webhook-signature", "").split(" ")
    good = []
    for i, secret in enumerate(secrets):
        wanted = "v1," + base64.b64encode(hmac.new(secret, message, hashlib.sha256).digest()).decode()
        if any(hmac.compare_digest(wanted, s) for s in sent):
            good.append(i)
    return good


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment: two would wait for each other
    secrets = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        url = urllib.parse.urlsplit(self.path)
        line = {
            "path": url.path,
            "id": self.headers.get("webhook-id"),
            "content_type": self.headers.get("Content-Type"),
            "signed_by": verify(self.secrets, self.headers, body),
            "body": json.loads(body),
        }
        with lock:
            print(json.dumps(line), flush=True)
        if url.path.startswith("/hold/"):
            return self.hold(url.path)
        answer = b"ok"
        if url.path == "/big":
            answer = b"x" * (1 << 20)
        elif url.path == "/echo":
            answer = str(self.headers).encode() + body
        status = {"/gone": 410, "/fail": 500, "/move": 302}.get(url.path, 200)
        try:
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/ok")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def hold(self, path):
        try:
            while self.connection.recv(4096):
                pass
        except ConnectionResetError:
            pass
        with lock:
            print(json.dumps({"left": path}), flush=True)
        self.close_connection = True

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    down = None

    def verify_request(self, request, client_address):
        return not (self.down and os.path.exists(self.down))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--secret", action="append", default=[])
    options.add_argument("--down")
    o = options.parse_args()
    Receiver.secrets = [read_secret(path) for path in o.secret]
    Server.down = o.down
    server = Server(("127.0.0.1", 0), Receiver)
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
