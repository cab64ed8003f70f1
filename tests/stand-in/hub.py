# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the Hugging Face Hub and its CDN: enough of the API to list, read, commit and tag models,
with the real one's tokens, pages, redirects, rate-limit headers, error forms and webhooks. Faults are
switched on under /_control. tests/clients/hub.sh proves it with the official client.

  hub.py [--port N] [--token TOKEN=ROLE]... [--quota N] [--window S] [--page N] [--direct] [--no-etag]
prints its URL and serves until it is killed. Roles: read, write. Without --token: hf_read and hf_write.

  POST   /_control/fault {"kind": ..., "path": REGEX, "method": M, "times": N, ...}   DELETE: all end
         kind: limit (429, nothing left), throttle (429 with "after"), error ("status"), slow ("seconds"),
         hold (until all faults end),
         truncate, unauthorized, echo (the token; "status"), gone (no answer), redirect ("to"), drift ("variant": wrap, rename, types, html)
  POST   /_control/repo {"id", "files": {path: text}, "lfs": {path: text}, "tags", "private", "gated",
         "disabled", "set": {field: value of the API's answer}, "author"}
  POST   /_control/seed {"org", "count", "tags", "manifest": text with %d}
  POST   /_control/move {"from", "to"}   /_control/clock {"now"}   /_control/webhooks {"url", "secret"}
  GET    /_control/stats   DELETE: from 0 again
"""

import argparse
import hashlib
import http.server
import json
import re
import sys
import threading
import time
import urllib.parse
import urllib.request
import uuid

sys.dont_write_bytecode = True

from hub_store import Blob, HubError, Store

BODY_MAX = 64 << 20
CONTENT_LIMIT = 1000
DEFAULT_LIST = ("_id", "id", "modelId", "likes", "private", "downloads", "tags", "pipeline_tag", "library_name",
                "createdAt")
FULL_LIST = DEFAULT_LIST + ("author", "sha", "lastModified", "gated", "disabled", "siblings")
EXPANDABLE = {"author", "cardData", "config", "createdAt", "disabled", "downloads", "downloadsAllTime", "evalResults",
              "gated", "gitalyUid", "inferenceProviderMapping", "lastModified", "library_name", "likes", "model-index",
              "pipeline_tag", "private", "safetensors", "sha", "siblings", "spaces", "tags", "transformersInfo",
              "trendingScore", "usedStorage"}


class Hub:
    """Everything that the two servers share."""

    def __init__(self, options):
        self.options, self.store = options, Store()
        self.tokens = dict(t.split("=", 1) for t in options.token or ["hf_read=read", "hf_write=write"])
        self.user, self.orgs = "pipeline", {"spiralverse"}
        self.faults, self.webhooks, self.cache = [], [], {}
        self.windows, self.cdn, self.url = {}, None, None
        self.mended = threading.Event()
        self.reset()

    def reset(self):
        self.stats = {"requests": 0, "bytes": 0, "not_modified": 0, "auth_at_cdn": 0, "routes": {}, "statuses": {}}

    def count(self, route, status, size):
        with self.store.lock:
            s = self.stats
            s["requests"] += 1
            s["bytes"] += size
            s["not_modified"] += status == 304
            s["routes"][route] = s["routes"].get(route, 0) + 1
            s["statuses"][str(status)] = s["statuses"].get(str(status), 0) + 1

    def fault(self, method, path):
        with self.store.lock:
            for f in self.faults:
                if not re.search(f.get("path", ""), path) or f.get("method", method) != method:
                    continue
                if f.get("times") is not None:
                    f["times"] -= 1
                    if f["times"] <= 0:
                        self.faults.remove(f)
                return f
        return None

    def set_fault(self, fault):
        fault["mended"] = self.mended
        self.faults.append(fault)

    def mend(self):
        self.faults.clear()
        self.mended.set()
        self.mended = threading.Event()

    def quota(self, bucket):
        """(left, seconds to the next window); one request of it is used."""
        with self.store.lock:
            now, window = time.monotonic(), self.options.window
            began, used = self.windows.get(bucket, (now, 0))
            if now - began >= window:
                began, used = now, 0
            self.windows[bucket] = (began, used + 1)
            return self.options.quota - used - 1, max(0, int(window - (now - began)))

    def listing(self, key, *what):
        with self.store.lock:
            if self.cache.get("counter") != self.store.counter:
                self.cache = {"counter": self.store.counter}
            if key not in self.cache:
                self.cache[key] = self.store.listing(*what)
            return self.cache[key]

    # ---- Webhooks ----

    def announce(self, repo, action, scope, refs=None):
        for hook in self.webhooks:
            body = {
                "event": {"action": action, "scope": scope},
                "repo": {"type": "model", "name": repo.id, "id": repo.serial, "private": repo.private,
                         "url": {"web": "%s/%s" % (self.url, repo.id), "api": "%s/api/models/%s" % (self.url, repo.id)},
                         "owner": {"id": hashlib.sha1(repo.id.split("/")[0].encode()).hexdigest()[:24]}},
                "webhook": {"id": hook["id"], "version": 3},
            }
            if action != "delete":
                body["repo"]["headSha"] = repo.head().sha
            if refs:
                body["updatedRefs"] = refs
            threading.Thread(target=self._deliver, args=(hook, body), daemon=True).start()

    @staticmethod
    def _deliver(hook, body):
        headers = {"Content-Type": "application/json", "User-Agent": "HuggingFace-Webhooks",
                   "X-Webhook-Id": str(uuid.uuid4())}
        if hook.get("secret"):
            headers["X-Webhook-Secret"] = hook["secret"]
        request = urllib.request.Request(hook["url"], json.dumps(body).encode(), headers)
        try:
            hook["status"] = urllib.request.urlopen(request, timeout=10).status
        except urllib.error.HTTPError as e:
            hook["status"] = e.code
        except OSError:
            hook["status"] = 0


class Reply(Exception):
    """The answer to a request: raised from wherever it is known."""

    def __init__(self, status, body=b"", content_type="application/json; charset=utf-8", **headers):
        super().__init__(status)
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        self.status = status
        self.body = body if isinstance(body, bytes) else body.encode()
        self.headers = {"Content-Type": content_type} if self.body else {}
        self.headers.update({k.replace("_", "-"): v for k, v in headers.items()})


def refusal(e):
    headers = {"X_Error_Message": e.message.encode("ascii", "replace").decode()}
    if e.code:
        headers["X_Error_Code"] = e.code
    if e.code == "EntryNotFound":
        return Reply(e.status, "Entry not found", "text/plain; charset=utf-8", **headers)
    return Reply(e.status, {"error": e.message, **e.more}, **headers)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    hub = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.handle_one()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    # ---- One request ----

    def handle_one(self):
        url = urllib.parse.urlsplit(self.path)
        self.parts = [urllib.parse.unquote(p) for p in url.path.split("/")[1:]]
        self.query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        self.read_body()
        self.route, self.common, fault = "other", {}, None
        try:
            if self.parts[0] == "_control":
                with self.hub.store.lock:
                    self.control()
            fault = self.hub.fault(self.command, url.path)
            self.begin(fault)
            self.serve()
            raise HubError(404, "Sorry, we can't find the page you are looking for.")
        except Reply as reply:
            answer = reply
        except HubError as e:
            answer = refusal(e)
        except (KeyError, TypeError, AttributeError, ValueError) as e:
            answer = Reply(400, {"error": "Bad request: %r" % e})
        if answer.status != 0:
            self.answer(answer, fault)

    def read_body(self):
        size = int(self.headers.get("Content-Length") or 0)
        if self.headers.get("Transfer-Encoding") == "chunked":
            chunks = []
            while True:
                n = int(self.rfile.readline().split(b";")[0], 16)
                chunks.append(self.rfile.read(n))
                self.rfile.readline()
                if n == 0:
                    break
            self.body = b"".join(chunks)
        else:
            self.body = self.rfile.read(min(size, BODY_MAX))

    def json_body(self):
        value = json.loads(self.body.decode() or "{}")
        if not isinstance(value, dict):
            raise HubError(400, "the body is no object")
        return value

    def hang_up(self):
        self.close_connection = True
        self.connection.close()
        raise Reply(0)

    def begin(self, fault):
        """What stands before every route: faults and the rate limit."""
        kind = fault and fault["kind"]
        self.common = {"X-Request-Id": "Root=1-%s" % uuid.uuid4().hex}
        if kind == "gone":
            self.hub.count("gone", 0, 0)
            self.hang_up()
        if kind == "slow":
            time.sleep(fault.get("seconds", 1))
        if kind == "hold":
            self.hub.count("held", 0, 0)
            fault["mended"].wait()
        bucket = "api" if self.parts[0] == "api" else "resolvers" if "resolve" in self.parts else "pages"
        left, wait = self.hub.quota(bucket)
        if kind == "limit":
            left, wait = -1, int(fault.get("after", 1))
        self.common["RateLimit"] = '"%s";r=%d;t=%d' % (bucket, max(left, 0), wait)
        self.common["RateLimit-Policy"] = '"fixed window";"%s";q=%d;w=%d' % (
            bucket, self.hub.options.quota, self.hub.options.window)
        if left < 0:
            raise Reply(429, {"error": "We had to rate limit you. To continue using our service, create a HF account "
                                       "or login to your existing account"})
        if kind == "throttle":
            raise Reply(429, {"error": "Too Many Requests"}, Retry_After=str(fault.get("after", 1)))
        if kind == "error":
            raise Reply(fault.get("status", 503), "<html><body>%d</body></html>" % fault.get("status", 503), "text/html")
        if kind == "echo":
            heard = self.headers.get("Authorization", "")
            raise Reply(fault.get("status", 400), {"error": "what is %s?" % heard}, X_Error_Message="what is %s?" % heard)
        if kind == "unauthorized":
            raise HubError(401, "Invalid credentials in Authorization header")
        if kind == "redirect":
            raise Reply(fault.get("status", 307), Location=fault["to"])

    def answer(self, reply, fault):
        kind = fault and fault["kind"]
        body = reply.body
        if kind == "drift" and reply.status == 200:
            body = drifted(body, fault.get("variant", "wrap"))
            if fault.get("variant") == "html":
                reply.headers["Content-Type"] = "text/html"
        headers = {**self.common, **reply.headers}
        if reply.status == 200 and "ETag" not in headers and self.command in ("GET", "HEAD") \
                and self.parts[0] == "api" and not self.hub.options.no_etag:
            headers["ETag"] = 'W/"%x-%s"' % (len(body), hashlib.sha1(body).hexdigest()[:27])
        status = reply.status
        if status == 200 and headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
            status, body = 304, b""
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304 and "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        sent = b"" if self.command == "HEAD" else body
        if kind == "truncate" and sent:
            sent = sent[: len(sent) // 2]
        self.hub.count(self.route, status, len(sent))
        try:
            self.wfile.write(sent)
        except OSError:
            self.close_connection = True
        if kind == "truncate":
            self.close_connection = True

    # ---- Who asks ----

    def role(self):
        """None: nobody; a token that is unknown is refused wherever it comes."""
        given = self.headers.get("Authorization")
        if given is None:
            return None
        role = self.hub.tokens.get(given[7:]) if given.startswith("Bearer ") else None
        if not role:
            raise HubError(401, "Invalid credentials in Authorization header")
        return role

    def writer(self, namespace):
        role = self.role()
        if not role:
            raise HubError(401, "Invalid username or password.")
        if role != "write":
            raise HubError(403, "You don't have the rights to perform this operation: the token needs the role write")
        if namespace not in self.hub.orgs | {self.hub.user}:
            raise HubError(403, "You don't have the rights to create a model under the namespace \"%s\"" % namespace)

    def repo(self, namespace, name):
        role = self.role()
        repo = self.hub.store.find("%s/%s" % (namespace, name))
        if not repo or (repo.private and not role):
            if not role:
                raise HubError(401, "Invalid username or password.")
            raise HubError(404, "Repository not found", "RepoNotFound")
        if repo.id != "%s/%s" % (namespace, name):
            where = self.path.replace("/%s/%s" % (namespace, name), "/" + repo.id, 1)
            raise Reply(307, Location=self.hub.url + where)
        if repo.disabled:
            raise HubError(403, "Access to this resource is disabled.")
        return repo

    # ---- Routes ----

    def serve(self):
        p, method = self.parts, self.command
        read = method in ("GET", "HEAD")
        with self.hub.store.lock:
            if read and p == ["api", "whoami-v2"]:
                self.whoami()
            elif read and p == ["api", "models"]:
                self.list()
            elif p[:2] == ["api", "repos"] and len(p) == 3:
                self.repos(method, p[2])
            elif p[:2] == ["api", "models"] and len(p) >= 4:
                self.model(method, p[2], p[3], p[4:])
            elif read and p[:2] == ["api", "resolve-cache"] and len(p) >= 7:
                self.route = "resolve-cache"
                self.content(self.repo(p[3], p[4]), p[5], "/".join(p[6:]))
            elif method == "POST" and p[2:] == ["info", "lfs", "objects", "batch"] and p[1].endswith(".git"):
                self.lfs_batch(p[0], p[1][:-4])
            elif read and len(p) >= 5 and p[2] in ("resolve", "raw"):
                self.resolve(self.repo(p[0], p[1]), p[3], "/".join(p[4:]))

    def whoami(self):
        self.route = "whoami"
        role = self.role()
        if not role:
            raise HubError(401, "Invalid username or password.")
        orgs = [{"type": "org", "id": "o" + o, "name": o, "fullname": o, "email": None, "canPay": False,
                 "avatarUrl": "", "periodEnd": None} for o in sorted(self.hub.orgs)]
        raise Reply(200, {"type": "user", "id": "u1", "name": self.hub.user, "fullname": "Pipeline", "email": "p@e.org",
                          "emailVerified": True, "canPay": False, "periodEnd": None, "isPro": False, "avatarUrl": "",
                          "billingMode": "postpaid", "orgs": orgs,
                          "auth": {"type": "access_token", "accessToken": {
                              "displayName": "stand-in", "role": role, "createdAt": "2026-01-01T00:00:00.000Z"}}})

    def fields(self, default):
        expand = self.query.get("expand")
        if expand:
            unknown = [e for e in expand if e not in EXPANDABLE]
            if unknown or {"full", "cardData", "config"} & set(self.query):
                raise HubError(400, "Invalid expand: %s" % (", ".join(unknown) or "not beside full or cardData"))
            return {"_id", "id", *expand}
        out = set(default)
        for name in ("cardData", "config"):
            if self.query.get(name) == ["true"]:
                out |= {name}
        return out

    def first(self, name, default=None):
        return self.query.get(name, [default])[0]

    def list(self):
        self.route = "list"
        role = self.role()
        fields = self.fields(FULL_LIST if self.first("full") == "true" else DEFAULT_LIST)
        filters = sorted(self.query.get("filter", []))
        key = json.dumps([self.first("author"), self.first("search"), filters, self.first("sort")])
        found = self.hub.listing(key, self.first("author"), self.first("search"), filters, self.first("sort"))
        found = [r for r in found if role or not r.private]
        wanted = int(self.first("limit", CONTENT_LIMIT))
        page = min(wanted, self.hub.options.page)
        start = int(self.first("cursor", 0))
        infos = [r.info(r.head()) for r in found[start: start + page]]
        body = [{k: v for k, v in i.items() if k in fields} for i in infos]
        self.paged(body, start + page, len(found), "/api/models")

    def paged(self, body, end, total, path):
        headers = {}
        if end < total:
            query = [(k, v) for k, vs in self.query.items() if k != "cursor" for v in vs] + [("cursor", str(end))]
            url = "http://%s%s?%s" % (self.headers.get("Host"), path, urllib.parse.urlencode(query))
            headers["Link"] = '<%s>; rel="next"' % url
        raise Reply(200, body, **headers)

    def repos(self, method, verb):
        self.route = "repos/" + verb
        body = self.json_body()
        namespace = body.get("organization") or self.hub.user
        name = "%s/%s" % (namespace, body["name"])
        self.writer(namespace)
        if body.get("type", "model") != "model":
            raise HubError(400, "This stand-in keeps models alone")
        if method == "POST" and verb == "create":
            repo = self.hub.store.create(name, body.get("visibility", "public"), self.hub.user)
            self.hub.announce(repo, "create", "repo")
            raise Reply(200, {"url": "%s/%s" % (self.hub.url, name), "id": repo.serial, "name": name})
        if method == "DELETE" and verb == "delete":
            repo = self.repo(*name.split("/"))
            self.hub.store.delete(name)
            self.hub.store.counter += 1
            self.hub.announce(repo, "delete", "repo")
            raise Reply(200, "OK", "text/plain")

    def model(self, method, namespace, name, rest):
        verb = rest[0] if rest else "info"
        self.route = verb
        repo = self.repo(namespace, name)
        rev = rest[1] if len(rest) > 1 else "HEAD"
        if method in ("GET", "HEAD"):
            if verb in ("info", "revision"):
                info = repo.info(repo.resolve(rev), self.first("blobs") == "true")
                fields = self.fields(set(info)) if self.query.get("expand") else set(info) - {"evalResults"}
                raise Reply(200, {k: v for k, v in info.items() if k in fields})
            if verb == "refs":
                raise Reply(200, repo.refs())
            if verb == "commits":
                self.commits(repo, rev)
            if verb == "tree":
                self.tree(repo, rev, "/".join(rest[2:]))
        elif method == "POST" and verb == "paths-info":
            body = self.json_body()
            files = repo.resolve(rev).files
            raise Reply(200, [files[p].entry(p) for p in body["paths"] if p in files])
        else:
            self.writer(namespace)
            self.change(method, repo, verb, rev)

    def commits(self, repo, rev):
        found = [c.json() for c in repo.history(repo.resolve(rev))]
        start = int(self.first("p", 0)) if self.first("cursor") is None else int(self.first("cursor"))
        page = min(int(self.first("limit", 50)), self.hub.options.page)
        self.paged(found[start: start + page], start + page, len(found), "/" + "/".join(self.parts))

    def tree(self, repo, rev, folder):
        found = repo.tree(repo.resolve(rev), folder.strip("/"), self.first("recursive") in ("true", "True", "1"))
        start, page = int(self.first("cursor", 0)), min(int(self.first("limit", CONTENT_LIMIT)), self.hub.options.page)
        self.paged(found[start: start + page], start + page, len(found), "/" + "/".join(self.parts))

    def change(self, method, repo, verb, rev):
        store = self.hub.store
        if method == "POST" and verb == "preupload":
            repo.resolve(rev)
            raise Reply(200, {"files": store.preupload(repo, self.json_body()["files"])})
        if method == "POST" and verb == "commit":
            self.commit(repo, rev)
        if method == "POST" and verb == "tag":
            body = self.json_body()
            target = store.tag(repo, rev, body["tag"])
            self.moved_ref(repo, "refs/tags/" + body["tag"], None, target.sha)
            raise Reply(200, {"name": body["tag"], "targetCommit": target.sha})
        if method == "DELETE" and verb == "tag":
            old = repo.tags.pop(rev, None)
            if not old:
                raise HubError(404, "Invalid rev id: " + rev, "RevisionNotFound")
            self.moved_ref(repo, "refs/tags/" + rev, old, None)
            raise Reply(200, {})
        if method == "POST" and verb == "branch":
            body = self.json_body()
            if rev in repo.branches and not body.get("overwrite"):
                raise HubError(409, "Reference already exists")
            repo.branches[rev] = repo.resolve(body.get("startingPoint") or "main").sha
            raise Reply(200, {})

    def moved_ref(self, repo, ref, old, new):
        self.hub.announce(repo, "update", "repo.content", [{"ref": ref, "oldSha": old, "newSha": new}])

    def commit(self, repo, branch):
        if self.headers.get("Content-Type", "").split(";")[0] != "application/x-ndjson":
            raise HubError(415, "a commit is application/x-ndjson")
        if self.first("create_pr"):
            raise HubError(400, "This stand-in keeps no pull requests")
        lines = [json.loads(l) for l in self.body.decode().split("\n") if l.strip()]
        old = repo.branches.get(branch)
        made, changed = self.hub.store.commit(repo, branch, lines, self.hub.user)
        if changed:
            self.moved_ref(repo, "refs/heads/" + branch, old, made.sha)
        raise Reply(200, {"success": True, "commitOid": made.sha, "hookOutput": "" if changed else "Nothing to commit",
                          "commitUrl": "%s/%s/commit/%s" % (self.hub.url, repo.id, made.sha)})

    # ---- Files ----

    def gate(self, repo):
        if repo.gated and self.role() is None:
            raise HubError(401, "Access to model %s is restricted. You must have access to it and be authenticated to "
                                "access it. Please log in." % repo.id, "GatedRepo")

    def find_file(self, repo, rev, path):
        commit = repo.resolve(rev)
        self.common["X-Repo-Commit"] = commit.sha
        if path not in commit.files:
            raise HubError(404, "Entry not found", "EntryNotFound")
        return commit, commit.files[path]

    def resolve(self, repo, rev, path):
        self.route = "resolve"
        self.gate(repo)
        commit, blob = self.find_file(repo, rev, path)
        if blob.sha256 and self.parts[2] == "resolve":
            self.common.update({"X-Linked-Size": str(blob.size), "X-Linked-Etag": '"%s"' % blob.sha256})
            raise Reply(302, "Found. Redirecting to the CDN", "text/plain", Location="%s/lfs/%s?%s" % (
                self.hub.cdn, blob.sha256, urllib.parse.urlencode({"X-Amz-Signature": blob.oid})))
        if self.hub.options.direct or self.parts[2] == "raw":
            self.send_blob(blob)
        quoted = urllib.parse.quote(path)
        self.common["X-Linked-Etag"] = '"%s"' % blob.oid
        self.common["X-Linked-Size"] = str(blob.size)
        raise Reply(307, "Temporary Redirect. Redirecting", "text/plain", Location="/api/resolve-cache/models/%s/%s/%s" % (
            repo.id, commit.sha, quoted))

    def content(self, repo, rev, path):
        self.gate(repo)
        self.send_blob(self.find_file(repo, rev, path)[1])

    def send_blob(self, blob):
        data = blob.pointer or blob.data
        self.send_data(data, '"%s"' % blob.oid)

    def send_data(self, data, etag):
        span = re.fullmatch(r"bytes=([0-9]+)-([0-9]*)", self.headers.get("Range") or "")
        headers = {"ETag": etag, "Accept_Ranges": "bytes", "Content_Disposition": "inline"}
        if span and int(span.group(1)) < len(data):
            start, end = int(span.group(1)), min(int(span.group(2) or len(data)), len(data) - 1)
            raise Reply(206, data[start: end + 1], "text/plain; charset=utf-8",
                        Content_Range="bytes %d-%d/%d" % (start, end, len(data)), **headers)
        raise Reply(200, data, "text/plain; charset=utf-8", **headers)

    def lfs_batch(self, namespace, name):
        self.route = "lfs"
        self.repo(namespace, name)
        self.writer(namespace)
        body = self.json_body()
        if body["operation"] != "upload":
            raise HubError(400, "This stand-in takes uploads alone")
        out = []
        for o in body["objects"]:
            one = {"oid": o["oid"], "size": o["size"], "authenticated": True}
            if o["oid"] not in self.hub.store.uploads:
                sign = hashlib.sha1(o["oid"].encode()).hexdigest()
                one["actions"] = {"upload": {"href": "%s/upload/%s?sign=%s" % (self.hub.cdn, o["oid"], sign)}}
            out.append(one)
        raise Reply(200, {"transfer": "basic", "objects": out}, "application/vnd.git-lfs+json")

    # ---- What the tests say ----

    def control(self):
        hub, verb, body = self.hub, self.parts[1], self.json_body()
        self.route = "control"
        if verb == "fault":
            with hub.store.lock:
                hub.mend() if self.command == "DELETE" else hub.set_fault(body)
        elif verb == "stats" and self.command == "GET":
            raise Reply(200, hub.stats)
        elif verb == "stats":
            hub.reset()
        elif verb == "webhooks":
            hub.webhooks = hub.webhooks + [{"id": "w%d" % len(hub.webhooks), **body}] if body else []
        elif verb == "clock":
            hub.store.clock.set(body.get("now"))
        elif verb == "move":
            hub.store.move(body["from"], body["to"])
            hub.announce(hub.store.find(body["to"]), "move", "repo")
        elif verb == "repo":
            self.put_repo(body)
        elif verb == "seed":
            for i in range(body["count"]):
                text = body.get("manifest", "{}").replace("%d", str(i))
                self.put_repo({"id": "%s/%s-%d" % (body["org"], body.get("name", "textgen-lora"), i),
                               "files": {"spiralfed/manifest.json": text}, "set": body.get("set", {})})
        else:
            raise HubError(404, "no control " + verb)
        hub.store.counter += 1
        raise Reply(200, {})

    def put_repo(self, body):
        store = self.hub.store
        repo = store.find(body["id"]) or store.create(body["id"], "public", body.get("author", self.hub.user))
        files = dict(repo.head().files)
        files.update({p: Blob(t.encode()) for p, t in body.get("files", {}).items()})
        files.update({p: Blob(t.encode(), lfs=True) for p, t in body.get("lfs", {}).items()})
        for path in body.get("remove", []):
            files.pop(path, None)
        for name in ("private", "gated", "disabled"):
            setattr(repo, name, body.get(name, getattr(repo, name)))
        repo.overrides.update(body.get("set", {}))
        if files != repo.head().files:
            made = repo.add(repo.head().sha, files, body.get("title", "Put"), "", self.hub.user)
            old, repo.branches["main"] = repo.branches["main"], made.sha
            self.moved_ref(repo, "refs/heads/main", old, made.sha)


def drifted(body, variant):
    try:
        value = json.loads(body)
    except ValueError:
        return b"<html>"
    if variant == "html":
        return b"<!doctype html><title>Hugging Face</title>"
    if variant == "wrap":
        value = {"data": value}
    else:
        for one in value if isinstance(value, list) else [value]:
            if variant == "rename":
                one["commit"] = one.pop("sha", None)
            else:
                one["sha"] = 7
    return json.dumps(value).encode()


class CdnHandler(Handler):
    """Where large files lie: signed URLs, and no Authorization beside the signature."""

    def begin(self, fault):
        self.route = "cdn"
        if self.headers.get("Authorization"):
            self.hub.stats["auth_at_cdn"] += 1
            raise Reply(400, "<?xml version=\"1.0\"?><Error><Code>InvalidArgument</Code><Message>Only one auth mechanism "
                             "allowed</Message></Error>", "application/xml")

    def serve(self):
        store, p = self.hub.store, self.parts
        if self.command == "PUT" and p[0] == "upload":
            if hashlib.sha256(self.body).hexdigest() != p[1]:
                raise Reply(400, "<Error><Code>BadDigest</Code></Error>", "application/xml")
            with store.lock:
                store.uploads[p[1]] = self.body
            raise Reply(200, ETag='"%s"' % hashlib.md5(self.body).hexdigest())
        if p[0] == "lfs":
            for repo in list(store.repos.values()):
                for commit in list(repo.commits.values()):
                    for blob in commit.files.values():
                        if blob.sha256 == p[1] and self.first("X-Amz-Signature") == blob.oid:
                            self.send_data(blob.data, '"%s"' % blob.sha256)
        raise Reply(403, "<Error><Code>AccessDenied</Code></Error>", "application/xml")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        """A client that went away is none of ours."""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", action="append")
    parser.add_argument("--quota", type=int, default=1000000)
    parser.add_argument("--window", type=float, default=300)
    parser.add_argument("--page", type=int, default=CONTENT_LIMIT)
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("--no-etag", action="store_true")
    hub = Handler.hub = Hub(parser.parse_args())
    server = Server(("127.0.0.1", hub.options.port), Handler)
    cdn = Server(("127.0.0.1", 0), CdnHandler)
    hub.url = "http://127.0.0.1:%d" % server.server_port
    hub.cdn = "http://127.0.0.1:%d" % cdn.server_port
    threading.Thread(target=cdn.serve_forever, daemon=True).start()
    print(hub.url, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
