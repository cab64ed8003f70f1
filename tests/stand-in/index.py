# SPDX-License-Identifier: Apache-2.0
"""A web server over a folder whose listing has the form of the first argument: names (a JSON array),
json (nginx's autoindex_format json) or html (nginx's index). ETags, 304, and GET /_stats counts.

  index.py FORM FOLDER
prints its URL and serves until it is killed."""

import email.utils
import hashlib
import http.server
import json
import os
import sys
import time
import urllib.parse

FORM, FOLDER = sys.argv[1:3]
stats = {"requests": 0, "bytes": 0, "not_modified": 0}


def listing():
    files = sorted(f for f in os.listdir(FOLDER))
    if FORM == "names":
        return json.dumps(files).encode()
    times = {f: os.stat(os.path.join(FOLDER, f)) for f in files}
    if FORM == "json":
        return json.dumps([{"name": f, "type": "file", "mtime": email.utils.formatdate(times[f].st_mtime, usegmt=True),
                            "size": times[f].st_size} for f in files]).encode()
    rows = ['<a href="%s">%s</a>   %s   %d\r\n' % (urllib.parse.quote(f), f, time.strftime(
        "%d-%b-%Y %H:%M", time.gmtime(times[f].st_mtime)), times[f].st_size) for f in files]
    return ('<html><pre><a href="../">../</a>\r\n%s</pre></html>' % "".join(rows)).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = urllib.parse.unquote(self.path)
        if path == "/_stats":
            self.answer(200, json.dumps(stats).encode())
            stats.update(requests=0, bytes=0, not_modified=0)
            return
        stats["requests"] += 1
        if path == "/m/":
            self.answer(200, listing())
            return
        try:
            with open(os.path.join(FOLDER, os.path.basename(path)), "rb") as f:
                self.answer(200, f.read())
        except OSError:
            self.answer(404, b"not found")

    do_HEAD = do_GET

    def answer(self, status, body):
        etag = '"%s"' % hashlib.sha1(body).hexdigest()
        if self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
            stats["not_modified"] += 1
        self.send_response_only(status)
        self.send_header("ETag", etag)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and self.path != "/_stats":
            stats["bytes"] += len(body)
        if self.command != "HEAD":
            self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("http://127.0.0.1:%d/m/" % server.server_port, flush=True)
server.serve_forever()
