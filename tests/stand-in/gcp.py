# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Google: Vertex AI's models, Cloud Storage, the token endpoint, the security token service,
impersonation and the metadata server, all on one port, with the real ones' pages, filters, error forms and
checks of credentials. tests/clients/gcp.sh proves it with the official clients.

  gcp.py [--port N] [--page N] [--life S] [--folder FOLDER]
prints its URL and serves until it is killed. FOLDER gets the credentials that it takes: key.json (a service
account's key), federation.json and federation-url.json (workload identity by file and by URL),
impersonation.json, subject.token; wrong.json is signed by nobody it knows; push.jwt and push-other.jwt are what
Pub/Sub would send along with a message.

  POST   /_control/fault {"kind": ..., "path": REGEX, "method": M, "times": N, ...}   DELETE: all end
         kind: throttle (429 with "after"), error ("status"), slow ("seconds"), hold (until all faults end), truncate, unauthorized,
         denied (403), echo (the token; "status"), gone (no answer), drift ("variant": wrap, rename, types, html), flavor (no Metadata-Flavor)
  POST   /_control/seed {"project", "location", "count", "labels", "bucket", "manifest": text with %d}
  POST   /_control/model {"project", "location", "model": {...}, "parent"}   /_control/evaluation {"model", "evaluation", "created"}
  POST   /_control/object {"bucket", "name", "text"}   DELETE {"bucket", "name"}
  POST   /_control/touch {"name"}   /_control/clock {"now"}   /_control/revoke: no token is good any more
  GET    /_control/stats   DELETE: from 0 again
"""

import argparse
import hashlib
import http.server
import json
import os
import re
import secrets
import sys
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True

import rs256
from gcp_store import GcpError, Store, crc32c, invalid, not_found, shown

BODY_MAX = 64 << 20
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
SCOPES = {SCOPE, "https://www.googleapis.com/auth/devstorage.read_only", "https://www.googleapis.com/auth/iam",
          "https://www.googleapis.com/auth/devstorage.full_control",
          "https://www.googleapis.com/auth/cloud-platform.read-only"}
AUDIENCE = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/ci"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
SUBJECT_TYPES = {"urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"}
ACCOUNT = "pipeline@proj.iam.gserviceaccount.com"
KEY_ID = "2011-04-29"
PUSHER = "pusher@proj.iam.gserviceaccount.com"
# Query parameters that every method of the APIs takes.
COMMON = {"alt", "fields", "key", "prettyPrint", "quotaUser", "userProject", "$alt", "$prettyPrint", "uploadType",
          "projection"}


class Reply(Exception):
    """The answer to a request: raised from wherever it is known."""

    def __init__(self, status, body=b"", content_type="application/json; charset=UTF-8", **headers):
        super().__init__(status)
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body, indent=2)
        self.status = status
        self.body = body if isinstance(body, bytes) else body.encode()
        self.headers = {"Content-Type": content_type} if self.body else {}
        self.headers.update({k.replace("_", "-"): v for k, v in headers.items()})


class Google:
    def __init__(self, options):
        self.options, self.store, self.url = options, Store(), None
        self.tokens, self.faults, self.subjects, self.uploads = {}, [], set(), {}
        self.mended = threading.Event()
        self.reset()

    def reset(self):
        self.stats = {"requests": 0, "bytes": 0, "routes": {}, "statuses": {}, "tokens": 0}

    def count(self, route, status, size):
        with self.store.lock:
            s = self.stats
            s["requests"] += 1
            s["bytes"] += size
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

    def issue(self, who, life=None):
        token = "ya29." + secrets.token_urlsafe(24)
        life = self.options.life if life is None else life
        self.tokens[token] = (who, self.store.seconds() + life)
        self.stats["tokens"] += 1
        return token, life

    def push_token(self, change):
        """As Pub/Sub sends it along with each message that it pushes."""
        now = int(time.time())
        return rs256.token({"iss": self.url, "aud": "spiralfed", "azp": "1", "sub": "1", "email": PUSHER,
                            "email_verified": True, "iat": now, "exp": now + 3600, **change}, KEY_ID)

    def files(self, folder):
        """The credentials that people put beside the daemon."""
        federation = {"type": "external_account", "audience": AUDIENCE, "token_url": self.url + "/v1/token",
                      "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "universe_domain": "googleapis.com"}
        by_url = {"url": self.url + "/subject", "headers": {"X-Pool": "ci"},
                  "format": {"type": "json", "subject_token_field_name": "value"}}
        impersonate = self.url + "/v1/projects/-/serviceAccounts/%s:generateAccessToken" % ACCOUNT
        key = {"type": "service_account", "project_id": "proj", "private_key_id": KEY_ID, "private_key": rs256.pem(),
               "client_email": ACCOUNT, "client_id": "1", "auth_uri": self.url + "/auth",
               "token_uri": self.url + "/token", "universe_domain": "googleapis.com"}
        subject = rs256.token({"iss": "https://ci.example", "sub": "repo:spiralverse", "aud": AUDIENCE,
                               "exp": int(time.time()) + 3600}, "ci")
        self.subjects.add(subject)
        self.subject = subject
        by_file = {"file": os.path.join(folder, "subject.token"), "format": {"type": "text"}}
        for name, value in (
                ("key.json", key), ("wrong.json", {**key, "private_key_id": "unknown"}),
                ("federation.json", {**federation, "credential_source": by_file}),
                ("federation-url.json", {**federation, "credential_source": by_url}),
                ("impersonation.json", {**federation, "credential_source": by_file,
                                        "service_account_impersonation_url": impersonate}),
                ("push.jwt", self.push_token({})), ("push-other.jwt", self.push_token({"email": "other@x"})),
                ("subject.token", subject)):
            path = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(path, "w") as f:
                f.write(value if isinstance(value, str) else json.dumps(value, indent=2))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    google = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.handle_one()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    # ---- One request ----

    def handle_one(self):
        url = urllib.parse.urlsplit(self.path)
        # An object's name is one segment: its slashes come encoded.
        self.parts = [urllib.parse.unquote(p) for p in url.path.split("/")[1:]]
        self.query = {k: v[-1] for k, v in urllib.parse.parse_qs(url.query, keep_blank_values=True).items()}
        self.read_body()
        self.route, self.storage, fault = "other", False, None
        try:
            if self.parts[0] == "_control":
                with self.google.store.lock:
                    self.control()
            fault = self.google.fault(self.command, url.path)
            self.begin(fault)
            with self.google.store.lock:
                self.serve()
            raise Reply(404, "<!DOCTYPE html><html><title>Error 404 (Not Found)!!1</title></html>", "text/html")
        except Reply as reply:
            answer = reply
        except GcpError as e:
            answer = self.refusal(e)
        except (KeyError, TypeError, AttributeError, ValueError) as e:
            answer = self.refusal(invalid("Invalid value: %r" % e))
        if answer.status != 0:
            self.answer(answer, fault)

    def read_body(self):
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
            self.body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), BODY_MAX))

    def json_body(self):
        try:
            value = json.loads(self.body.decode() or "{}")
        except ValueError:
            raise invalid("Invalid JSON payload received. Unexpected end of string.")
        if not isinstance(value, dict):
            raise invalid("Invalid JSON payload received. Unknown name \"\": Root element must be a message.")
        return value

    def refusal(self, e):
        """google.rpc.Status, and the older form of Cloud Storage, which answers media in plain text."""
        if not self.storage:
            return Reply(e.status, {"error": {"code": e.status, "message": e.message, "status": e.name,
                                              **({"details": e.more["details"]} if "details" in e.more else {})}},
                         **e.more.get("headers", {}))
        if self.query.get("alt") == "media":
            return Reply(e.status, e.message, "text/html; charset=UTF-8", **e.more.get("headers", {}))
        reason = {400: "invalid", 401: "authError", 403: "forbidden", 404: "notFound", 412: "conditionNotMet",
                  429: "rateLimitExceeded"}.get(e.status, "backendError")
        return Reply(e.status, {"error": {"code": e.status, "message": e.message, "errors": [
            {"message": e.message, "domain": "global", "reason": reason}]}}, **e.more.get("headers", {}))

    def begin(self, fault):
        """What stands before every route: faults."""
        kind = fault and fault["kind"]
        self.storage = self.parts[0] in ("storage", "upload")
        if kind == "gone":
            self.google.count("gone", 0, 0)
            self.close_connection = True
            self.connection.close()
            raise Reply(0)
        if kind == "slow":
            time.sleep(fault.get("seconds", 1))
        if kind == "hold":
            fault["mended"].wait()
        if kind == "throttle":
            raise GcpError(429, "RESOURCE_EXHAUSTED", "Quota exceeded for aiplatform.googleapis.com/resource_management"
                           "_requests with base model.", headers={"Retry_After": str(fault["after"])}
                           if "after" in fault else {})
        if kind == "error":
            status = fault.get("status", 503)
            raise GcpError(status, {500: "INTERNAL", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED"}.get(
                status, "UNKNOWN"), "The service is currently unavailable.")
        if kind == "echo":
            raise GcpError(fault.get("status", 400), "INVALID_ARGUMENT",
                           "what is %s?" % self.headers.get("Authorization", ""))
        if kind == "unauthorized":
            raise self.unauthorized()
        if kind == "denied":
            raise GcpError(403, "PERMISSION_DENIED", "Permission 'aiplatform.models.list' denied on resource (or it "
                           "may not exist).")

    def answer(self, reply, fault):
        kind = fault and fault["kind"]
        body = reply.body
        if kind == "drift" and reply.status == 200:
            body = drifted(body, fault.get("variant", "wrap"))
            if fault.get("variant") == "html":
                reply.headers["Content-Type"] = "text/html"
        if kind == "flavor":
            reply.headers.pop("Metadata-Flavor", None)
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        sent = b"" if self.command == "HEAD" else body
        if kind == "truncate" and sent:
            sent = sent[: len(sent) // 2]
        if self.parts[0] != "_control":
            self.google.count(self.route, reply.status, len(sent))
        try:
            self.wfile.write(sent)
        except OSError:
            self.close_connection = True
        if kind == "truncate":
            self.close_connection = True

    # ---- Who asks ----

    def unauthorized(self):
        if self.storage:
            return GcpError(401, "UNAUTHENTICATED", "Invalid Credentials",
                            headers={"WWW_Authenticate": 'Bearer realm="https://accounts.google.com/"'})
        return GcpError(
            401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, "
            "login cookie or other valid authentication credential. See "
            "https://developers.google.com/identity/sign-in/web/devconsole-project.",
            headers={"WWW_Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'},
            details=[{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED",
                      "domain": "googleapis.com"}])

    def caller(self):
        given = self.headers.get("Authorization") or ""
        who, end = self.google.tokens.get(given[7:] if given.startswith("Bearer ") else "", (None, 0))
        if not who or end <= self.google.store.seconds():
            raise self.unauthorized()
        return who

    def form(self):
        if not (self.headers.get("Content-Type") or "").startswith("application/x-www-form-urlencoded"):
            raise Reply(400, {"error": "invalid_request", "error_description": "Bad content type"})
        return {k: v[-1] for k, v in urllib.parse.parse_qs(self.body.decode(), keep_blank_values=True).items()}

    def grant_refused(self, why, code="invalid_grant", status=400):
        return Reply(status, {"error": code, "error_description": why})

    def token(self):
        """The grant of RFC 7523: a service account's own signature."""
        self.route = "token"
        form = self.form()
        if form.get("grant_type") != JWT_GRANT:
            raise self.grant_refused("Invalid grant_type: %s" % form.get("grant_type", ""), "unsupported_grant_type")
        try:
            head, payload, signature = form["assertion"].split(".")
            header, claims = json.loads(rs256.decode(head)), json.loads(rs256.decode(payload))
            signature = rs256.decode(signature)
        except (KeyError, ValueError):
            raise self.grant_refused("Bad Request")
        if header.get("alg") != "RS256" or header.get("typ") != "JWT":
            raise self.grant_refused("Invalid JWT: the algorithm must be RS256")
        if claims.get("iss") != ACCOUNT:
            raise self.grant_refused("Invalid grant: account not found")
        if header.get("kid") != KEY_ID or not rs256.verify(("%s.%s" % (head, payload)).encode(), signature):
            raise self.grant_refused("Invalid JWT Signature.")
        now = self.google.store.seconds()
        if not isinstance(claims.get("iat"), int) or not isinstance(claims.get("exp"), int) or \
                claims["exp"] > claims["iat"] + 3600 or not claims["iat"] - 300 <= now < claims["exp"]:
            raise self.grant_refused("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
                                     "timeframe. Check your iat and exp values in the JWT claim.")
        if claims.get("aud") != self.google.url + "/token":
            raise self.grant_refused("Invalid JWT: Failed audience check.")
        scopes = set(claims.get("scope", "").split())
        if not scopes or not scopes <= SCOPES:
            raise self.grant_refused("Invalid OAuth scope or ID token audience provided.", "invalid_scope")
        token, life = self.google.issue(ACCOUNT)
        raise Reply(200, {"access_token": token, "expires_in": life, "token_type": "Bearer"})

    def exchange(self):
        """The grant of RFC 8693: somebody else's token for one of Google's."""
        self.route = "sts"
        form = self.form()
        if form.get("grant_type") != EXCHANGE:
            raise self.grant_refused("Invalid grant type", "unsupported_grant_type")
        if form.get("audience") != AUDIENCE:
            raise self.grant_refused("Invalid value for \"audience\". This value should be the full resource name of the "
                                     "Identity Provider.", "invalid_request")
        if form.get("requested_token_type") != ACCESS_TOKEN or form.get("subject_token_type") not in SUBJECT_TYPES:
            raise self.grant_refused("Invalid token type", "invalid_request")
        if not set(form.get("scope", "").split()) or not set(form["scope"].split()) <= SCOPES:
            raise self.grant_refused("Invalid scope", "invalid_scope")
        if form.get("subject_token") not in self.google.subjects:
            raise self.grant_refused("The ID Token can not be verified.")
        token, life = self.google.issue("principal://ci")
        # As often as not the real one sends a text here.
        raise Reply(200, {"access_token": token, "issued_token_type": ACCESS_TOKEN, "token_type": "Bearer",
                          "expires_in": str(life)})

    def impersonate(self, account):
        self.route = "impersonate"
        self.caller()
        if account != ACCOUNT:
            raise GcpError(403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.getAccessToken' denied on resource "
                           "(or it may not exist).")
        body = self.json_body()
        lifetime = re.fullmatch(r"(\d+)s", body.get("lifetime", "3600s"))
        if not isinstance(body.get("scope"), list) or not set(body["scope"]) <= SCOPES or not body["scope"]:
            raise invalid("Request contains an invalid argument.")
        if not lifetime or int(lifetime.group(1)) > 3600:
            raise invalid("The access token lifetime cannot exceed 3600s")
        token, life = self.google.issue(account)
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.google.store.seconds() + life))
        raise Reply(200, {"accessToken": token, "expireTime": end})

    def metadata(self, path):
        self.route = "metadata"
        flavor = {"Metadata_Flavor": "Google", "Server": "Metadata Server for VM"}
        if self.headers.get("Metadata-Flavor") != "Google" or self.headers.get("X-Forwarded-For"):
            raise Reply(403, "Missing Metadata-Flavor:Google header.", "text/html; charset=UTF-8", **flavor)
        if path in ("", "instance", "instance/"):
            raise Reply(200, "attributes/\nservice-accounts/\n", "application/text", **flavor)
        if path == "project/project-id":
            raise Reply(200, "proj", "application/text", **flavor)
        if path in ("instance/service-accounts/default", "instance/service-accounts/default/"):
            raise Reply(200, {"aliases": ["default"], "email": ACCOUNT, "scopes": [SCOPE]}, **flavor)
        if path == "universe/universe-domain" or path == "universe/universe_domain":
            raise Reply(404, "", **flavor)
        if path != "instance/service-accounts/default/token":
            raise Reply(404, "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", "text/html", **flavor)
        if not set(self.query.get("scopes", SCOPE).split(",")) <= SCOPES:
            raise Reply(400, "invalid_scope", "text/html", **flavor)
        token, life = self.google.issue(ACCOUNT)
        raise Reply(200, {"access_token": token, "expires_in": life, "token_type": "Bearer"}, **flavor)

    # ---- Routes ----

    def serve(self):
        p, method = self.parts, self.command
        if method == "POST" and p == ["token"]:
            self.token()
        if method == "POST" and p == ["v1", "token"]:
            self.exchange()
        if method == "GET" and p == [".well-known", "openid-configuration"]:
            raise Reply(200, {"issuer": self.google.url, "jwks_uri": self.google.url + "/oauth2/v3/certs"})
        if method == "GET" and p == ["oauth2", "v3", "certs"]:
            raise Reply(200, {"keys": [rs256.jwk(kid=KEY_ID, use="sig", alg="RS256")]})
        if method == "GET" and p == ["subject"]:
            if self.headers.get("X-Pool") != "ci":
                raise Reply(403, "X-Pool is missing", "text/plain")
            raise Reply(200, {"value": self.google.subject})
        if method == "GET" and p[0] == "computeMetadata":
            self.metadata("/".join(p[2:]))
        if p[:4] == ["v1", "projects", "-", "serviceAccounts"] and p[4].endswith(":generateAccessToken"):
            self.impersonate(p[4].rpartition(":")[0])
        # The official client asks for operations below /ui, which the real one has, too.
        if p[0] in ("v1", "ui") and p[1:2] == ["projects"] and len(p) >= 6 and p[3] == "locations":
            self.caller()
            self.vertex(method, "/".join(p[1:5]), p[5:])
        if p[:3] == ["storage", "v1", "b"] and len(p) > 3:
            self.caller()
            self.bucket(method, p[3], p[4:])
        if p[:4] == ["upload", "storage", "v1", "b"] and len(p) == 6 and p[5] == "o":
            # Who has the URL of a resumable upload may go on with it.
            if "upload_id" not in self.query:
                self.caller()
            self.upload(method, p[4])

    def only(self, *names):
        """Google refuses what a method does not take."""
        for name in self.query:
            if name not in names and name not in COMMON:
                raise GcpError(400, "INVALID_ARGUMENT", 'Invalid JSON payload received. Unknown name "%s": Cannot bind '
                               "query parameter. Field '%s' could not be found in request message." % (name, name))

    def page(self, items, key):
        """At most so many of them, and a token that is good for the same question alone."""
        asked = {k: v for k, v in self.query.items() if k not in ("pageToken", "pageSize", "maxResults")}
        mark = hashlib.sha1(json.dumps([self.parts, asked], sort_keys=True).encode()).hexdigest()[:12]
        size = int(self.query.get("pageSize") or self.query.get("maxResults") or 0)
        if size < 0:
            raise invalid("page_size must not be negative.")
        size, at, given = min(size or 100, self.google.options.page), 0, self.query.get("pageToken")
        if given:
            where, _, of = given.partition(".")
            if of != mark or not where.isdigit():
                raise invalid("Invalid page token.")
            at = int(where)
        out = {key: items[at:at + size]} if items[at:at + size] else {}
        if at + size < len(items):
            out["nextPageToken"] = "%d.%s" % (at + size, mark)
        return out

    # ---- Vertex AI ----

    def vertex(self, method, parent, rest):
        store, query = self.google.store, self.query
        if rest == ["models"] and method == "GET":
            self.route = "models.list"
            self.only("filter", "pageSize", "pageToken", "orderBy", "readMask")
            out = self.page(store.listing(parent, query.get("filter", ""), query.get("orderBy", "")), "models")
            if "models" in out:
                out["models"] = [shown(m, query.get("readMask")) for m in out["models"]]
            raise Reply(200, out)
        if rest == ["models:upload"] and method == "POST":
            self.route = "models.upload"
            body = self.json_body()
            model = store.upload(parent, body["model"], body.get("parentModel"), body.get("modelId"))
            store.serial += 1
            name = "%s/operations/%d" % (model["name"], store.serial)
            store.operations[name] = {
                "name": name, "metadata": {
                    "@type": "type.googleapis.com/google.cloud.aiplatform.v1.UploadModelOperationMetadata",
                    "genericMetadata": {"createTime": model["updateTime"], "updateTime": model["updateTime"]}},
                "done": True, "response": {
                    "@type": "type.googleapis.com/google.cloud.aiplatform.v1.UploadModelResponse",
                    "model": model["name"], "modelVersionId": model["versionId"]}}
            raise Reply(200, {k: v for k, v in store.operations[name].items() if k in ("name", "metadata")})
        if rest[0] != "models" or len(rest) < 2:
            return
        if len(rest) == 4 and rest[2] == "operations" and method == "GET":
            raise Reply(200, store.operations["/".join([parent] + rest)])
        name, _, verb = rest[1].partition(":")
        name = "%s/models/%s" % (parent, name)
        if len(rest) == 2:
            self.model(method, name, verb)
        elif rest[2] == "evaluations" and method == "GET" and len(rest) == 3:
            self.route = "evaluations.list"
            self.only("filter", "pageSize", "pageToken", "readMask")
            out = self.page([shown(e) for e in store.evaluations_of(name)], "modelEvaluations")
            raise Reply(200, out)
        elif rest[2] == "evaluations" and method == "GET":
            self.route = "evaluations.get"
            for e in store.evaluations_of(name):
                if e["name"].endswith("/" + rest[3]):
                    raise Reply(200, shown(e))
            raise not_found("The ModelEvaluation does not exist.")
        elif rest[2] == "evaluations:import" and method == "POST":
            self.route = "evaluations.import"
            raise Reply(200, shown(store.evaluate(name, self.json_body()["modelEvaluation"])))

    def model(self, method, name, verb):
        store, query = self.google.store, self.query
        if method == "GET" and not verb:
            self.route = "models.get"
            self.only()
            raise Reply(200, shown(store.model(name)))
        if method == "GET" and verb == "listVersions":
            self.route = "models.listVersions"
            self.only("filter", "pageSize", "pageToken", "orderBy", "readMask")
            found = sorted(store.versions(name).values(), key=lambda m: -int(m["versionId"]))
            out = self.page(found, "models")
            out["models"] = [shown(m, query.get("readMask")) for m in out.get("models", [])]
            raise Reply(200, out)
        if method == "POST" and verb == "mergeVersionAliases":
            self.route = "models.mergeVersionAliases"
            raise Reply(200, shown(store.merge_aliases(name, self.json_body()["versionAliases"])))
        if method == "PATCH" and not verb:
            self.route = "models.patch"
            raise Reply(200, shown(store.patch(name, self.json_body(), query.get("updateMask"))))
        if method == "DELETE" and not verb:
            self.route = "models.delete"
            store.delete(name)
            raise Reply(200, {"name": name + "/operations/1", "done": True, "response": {
                "@type": "type.googleapis.com/google.protobuf.Empty"}})

    # ---- Cloud Storage ----

    def bucket(self, method, bucket, rest):
        objects = self.google.store.buckets.get(bucket)
        if objects is None:
            raise not_found("The specified bucket does not exist.")
        if not rest and method == "GET":
            self.route = "buckets.get"
            raise Reply(200, {"kind": "storage#bucket", "id": bucket, "name": bucket, "location": "US"})
        if rest == ["o"] and method == "GET":
            self.objects(bucket, objects)
        if len(rest) == 2 and rest[0] == "o":
            self.object(method, bucket, objects, rest[1])

    def objects(self, bucket, objects):
        self.route = "objects.list"
        prefix, delimiter = self.query.get("prefix", ""), self.query.get("delimiter")
        found, folders = [], set()
        for name in sorted(objects):
            if not name.startswith(prefix):
                continue
            cut = name.find(delimiter, len(prefix)) if delimiter else -1
            if cut >= 0:
                folders.add(name[:cut + 1])
            else:
                found.append(objects[name].metadata(self.google.url))
        out = {"kind": "storage#objects", **self.page(found, "items")}
        if folders:
            out["prefixes"] = sorted(folders)
        raise Reply(200, self.partial(out))

    def partial(self, value):
        """fields=a,b(c,d)"""
        text = self.query.get("fields")
        if not text:
            return value
        wanted, depth, start = {}, 0, 0
        for i, c in enumerate(text + ","):
            depth += (c == "(") - (c == ")")
            if c == "," and depth == 0:
                name, _, inner = text[start:i].partition("(")
                wanted[name] = [x.strip() for x in inner[:-1].split(",")] if inner else None
                start = i + 1
        out = {}
        for name, inner in wanted.items():
            if name in value:
                out[name] = [{k: v for k, v in item.items() if k in inner} for item in value[name]] \
                    if inner else value[name]
        return out

    def object(self, method, bucket, objects, name):
        found, query = objects.get(name), self.query
        self.route = "objects.media" if query.get("alt") == "media" else "objects." + method.lower()
        if not found or query.get("generation", str(found.generation)) != str(found.generation):
            raise not_found("No such object: %s/%s" % (bucket, name))
        if query.get("ifGenerationMatch", str(found.generation)) != str(found.generation):
            raise GcpError(412, "FAILED_PRECONDITION", "At least one of the pre-conditions you specified did not hold.")
        if method == "DELETE":
            del objects[name]
            raise Reply(204)
        if method != "GET":
            return
        if query.get("alt") != "media":
            raise Reply(200, self.partial(found.metadata(self.google.url)), ETag=found.etag())
        raise Reply(200, found.data, found.content_type, ETag=found.etag(), **{
            "X_Goog_Generation": str(found.generation), "X_Goog_Metageneration": "1",
            "X_Goog_Hash": "crc32c=%s,md5=%s" % (found.crc, found.md5), "X_Goog_Storage_Class": "STANDARD",
            "Cache_Control": "private, max-age=0"})

    def upload(self, method, bucket):
        self.route = "objects.insert"
        kind, name, google = self.query.get("uploadType"), self.query.get("name"), self.google
        google.store.buckets.setdefault(bucket, {})
        content_type, data = self.headers.get("Content-Type", "application/octet-stream"), self.body
        if kind == "resumable" and method == "POST":
            session = secrets.token_hex(8)
            meta = self.json_body() if self.body else {}
            google.uploads[session] = (bucket, name or meta["name"], meta.get("contentType") or self.headers.get(
                "X-Upload-Content-Type", "application/octet-stream"))
            raise Reply(200, Location="%s/upload/storage/v1/b/%s/o?uploadType=resumable&upload_id=%s" % (
                google.url, bucket, session))
        if kind == "resumable":
            bucket, name, content_type = google.uploads.pop(self.query["upload_id"])
        elif kind == "multipart":
            mark = re.search(r'boundary="?([^";]+)', content_type).group(1).encode()
            parts = self.body.split(b"--" + mark)
            (_, meta), (head, data) = (part.strip(b"\r\n").split(b"\r\n\r\n", 1) if i == 0 else
                                       part[2:].split(b"\r\n\r\n", 1) for i, part in enumerate(parts[1:3]))
            data, meta = data[:-2], json.loads(meta)
            found = re.search(rb"(?i)content-type: *([^\r\n]+)", head)
            content_type = meta.get("contentType") or (found.group(1).decode() if found else "")
            name = name or meta["name"]
        want = re.search("crc32c=([^,]+)", self.headers.get("X-Goog-Hash") or "")
        if want and want.group(1) != crc32c(data):
            raise invalid("Provided CRC32C \"%s\" doesn't match calculated CRC32C." % want.group(1))
        match, have = self.query.get("ifGenerationMatch"), google.store.buckets[bucket].get(name)
        if match is not None and match != str(have.generation if have else 0):
            raise GcpError(412, "FAILED_PRECONDITION", "At least one of the pre-conditions you specified did not hold.")
        raise Reply(200, google.store.put(bucket, name, data, content_type).metadata(google.url))

    # ---- Controls ----

    def control(self):
        google, what, delete = self.google, self.parts[1], self.command == "DELETE"
        store = google.store
        if what == "stats" and delete:
            google.reset()
            raise Reply(204)
        if what == "stats":
            raise Reply(200, google.stats)
        if what == "fault" and delete:
            google.faults.clear()
            google.mended.set()
            google.mended = threading.Event()
            raise Reply(204)
        body = self.json_body()
        parent = "projects/%s/locations/%s" % (body.get("project", "proj"), body.get("location", "europe-west4"))
        if what == "fault":
            google.faults.append({**body, "mended": google.mended})
        elif what == "revoke":
            google.tokens.clear()
        elif what == "clock":
            store.now_at = body.get("now")
        elif what == "seed":
            store.seed(parent, body["count"], body.get("labels", {}), body.get("bucket", "models"),
                       body.get("manifest"))
        elif what == "model":
            raise Reply(200, store.upload(parent, body["model"], body.get("parent"), body.get("id")))
        elif what == "evaluation":
            raise Reply(200, store.evaluate(body["model"], body["evaluation"], body.get("created")))
        elif what == "touch":
            store.changed(store.model(body["name"]))
        elif what == "remove":
            store.delete(body["name"])
        elif what == "object" and delete:
            store.buckets.get(body["bucket"], {}).pop(body["name"], None)
        elif what == "object":
            raise Reply(200, store.put(body["bucket"], body["name"], body["text"].encode(),
                                       body.get("type", "application/json")).metadata(google.url))
        else:
            raise not_found("no such control: %s" % what)
        raise Reply(204)


def drifted(body, variant):
    """What an API of next year might answer."""
    if variant == "html":
        return b"<!DOCTYPE html><html><body>Sign in</body></html>"
    try:
        value = json.loads(body.decode())
    except ValueError:
        return body
    if variant == "wrap":
        return json.dumps({"result": value}).encode()
    if variant == "rename":
        return re.sub(rb'"(models|versionId|accessToken|access_token)"', rb'"\1_v2"', body)
    if isinstance(value, dict):
        value = {k: [7] if isinstance(v, str) else "list" if isinstance(v, list) else v for k, v in value.items()}
    return json.dumps(value).encode()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--page", type=int, default=1000)
    parser.add_argument("--life", type=int, default=3599)
    parser.add_argument("--folder")
    options = parser.parse_args()
    google = Handler.google = Google(options)
    server = Server(("127.0.0.1", options.port), Handler)
    google.url = "http://127.0.0.1:%d" % server.server_address[1]
    if options.folder:
        google.files(options.folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(google.url, flush=True)
    threading.Event().wait()


main()
