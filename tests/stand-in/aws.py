# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Amazon: SageMaker's model registry and pipelines, S3 (by path), STS, the metadata service of an
instance (version 2) and the agent of a container, all on one port, with the real ones' signatures, session tokens,
pages and error forms. tests/clients/aws.sh proves it with the official clients.

  aws.py [--port N] [--region R] [--page N] [--life S] [--folder FOLDER]
prints its URL and serves until it is killed. Keys that it takes: AKIDSTANDIN with the secret `stand-in/secret`, and
what STS, the agent and the metadata service give out. FOLDER gets web.token, pod.token and credentials (a shared
file with the profiles default and wrong).

  POST   /_control/fault {"kind": ..., "service": S, "match": REGEX, "times": N, ...}   DELETE: all end
         match: of "METHOD /path" or of the operation; kind: throttle (with "after"), error ("status", "code"), slow
         ("seconds"), hold (until all faults end), truncate, denied, unauthorized, expired, echo (what signs), gone (no answer), drift ("variant":
         html, wrap, rename, types, endless, turning)
  POST   /_control/seed {"count", "group", "bucket", "manifest": text with %d, "age": seconds}
  POST   /_control/object {"bucket", "key", "text"}   DELETE {"bucket", "key"}   /_control/bucket {"bucket", "region"}
  POST   /_control/create {a package, as CreateModelPackage takes it}
  POST   /_control/package {"arn", ...}: change it as it lies (null: a member is gone)   DELETE {"arn"}
  POST   /_control/pipeline {"name", "describes", "end"}
  POST   /_control/index {"lag"}: seconds until Search shows what changed from now on
  POST   /_control/revoke: no session is good any more   /_control/clock {"offset"}: seconds
  GET    /_control/stats   DELETE: from 0 again   GET /_control/executions
"""

import argparse
import http.server
import json
import os
import re
import secrets
import sys
import threading
import time
import urllib.parse
from email.utils import formatdate
from xml.sax.saxutils import escape

sys.dont_write_bytecode = True

from aws_sign import Refused, verify
from aws_store import ACCOUNT, AwsError, Store

BODY_MAX = 64 << 20
KEY, SECRET = "AKIDSTANDIN", "stand-in/secret"
ROLE = "arn:aws:iam::%s:role/trainer" % ACCOUNT
# What JSON services call what S3 calls otherwise, and the status of each.
JSON_CODES = {"SignatureDoesNotMatch": "InvalidSignatureException", "InvalidAccessKeyId": "UnrecognizedClientException",
              "InvalidToken": "UnrecognizedClientException", "ExpiredToken": "ExpiredTokenException",
              "RequestTimeTooSkewed": "InvalidSignatureException", "AccessDenied": "AccessDeniedException",
              "SlowDown": "ThrottlingException"}
JSON_STATUS = {"AccessDeniedException": 400, "ThrottlingException": 400, "InternalFailure": 500}
XML_STATUS = {"ExpiredToken": 400, "InvalidToken": 400, "InvalidRequest": 400, "SlowDown": 503, "InternalError": 500,
              "AuthorizationHeaderMalformed": 400, "XAmzContentSHA256Mismatch": 400}


class Reply(Exception):
    """The answer to a request: raised from wherever it is known."""

    def __init__(self, status, body=b"", content_type=None, **headers):
        super().__init__(status)
        self.status = status
        self.body = body if isinstance(body, bytes) else body.encode()
        self.headers = {"Content-Type": content_type} if content_type else {}
        self.headers.update({k.replace("_", "-"): v for k, v in headers.items()})


class Amazon:
    def __init__(self, options):
        self.options, self.url = options, None
        self.store = Store(options.region, options.page)
        self.keys = {KEY: {"secret": SECRET}}
        self.faults, self.metadata_tokens = [], {}
        self.mended = threading.Event()
        self.web_token, self.pod_token = "web-" + secrets.token_urlsafe(40), "pod-" + secrets.token_urlsafe(20)
        self.reset()

    def reset(self):
        self.stats = {"requests": 0, "bytes": 0, "routes": {}, "statuses": {}, "sessions": 0}

    def count(self, route, status, size):
        if route == "control":
            return
        with self.store.lock:
            s = self.stats
            s["requests"] += 1
            s["bytes"] += size
            s["routes"][route] = s["routes"].get(route, 0) + 1
            s["statuses"][str(status)] = s["statuses"].get(str(status), 0) + 1

    def fault(self, service, *names):
        with self.store.lock:
            for f in self.faults:
                if f.get("service", service) != service or not any(re.search(f.get("match", ""), n) for n in names):
                    continue
                if f.get("times") is not None:
                    f["times"] -= 1
                    if f["times"] <= 0:
                        self.faults.remove(f)
                return f
        return None

    def issue(self):
        """A session: key, secret, token, and when it ends."""
        with self.store.lock:
            self.stats["sessions"] += 1
            key = {"secret": secrets.token_urlsafe(30), "token": secrets.token_urlsafe(300),
                   "expires": self.store.now() + self.options.life}
            key_id = "ASIA" + secrets.token_hex(8).upper()
            self.keys[key_id] = key
            return key_id, key

    def files(self, folder):
        for name, text in (("web.token", self.web_token + "\n"), ("pod.token", self.pod_token), ("credentials",
                           "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n\n[wrong]\n"
                           "aws_access_key_id = %s\naws_secret_access_key = not-the-secret\n" % (KEY, SECRET, KEY))):
            fd = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "w") as f:
                f.write(text)


def public(package):
    return {k: v for k, v in package.items() if not k.startswith("_")}


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    amazon = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.handle_one()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    # ---- One request ----

    def handle_one(self):
        raw = self.path
        self.route, self.service = self.command + " " + raw.partition("?")[0], "?"
        self.request_id = secrets.token_hex(8)
        try:
            self.body = self.read_body()
            self.dispatch(raw)
            raise AwsError("InternalError", "no answer", 500)
        except Reply as reply:
            self.send(reply)
        except AwsError as e:
            self.send(self.error(e.code, e.message, e.status))
        except Refused as e:
            self.send(self.refusal(e.code, e.message))
        except (KeyError, ValueError, TypeError) as e:
            self.send(self.error("ValidationException" if self.service == "sagemaker" else "InvalidArgument", repr(e), 400))

    def read_body(self):
        if "chunked" in (self.headers.get("Transfer-Encoding") or ""):
            raise AwsError("NotImplemented", "A header you provided implies functionality that is not implemented", 501)
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_MAX:
            raise AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400)
        return self.rfile.read(length)

    def error(self, code, message, status):
        if self.service == "sagemaker":
            return Reply(status, json.dumps({"__type": code, "message": message}), "application/x-amz-json-1.1")
        if self.service == "sts":
            return Reply(status, '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n'
                         "    <Type>Sender</Type>\n    <Code>%s</Code>\n    <Message>%s</Message>\n  </Error>\n"
                         "  <RequestId>%s</RequestId>\n</ErrorResponse>\n" % (code, escape(message), self.request_id),
                         "text/xml")
        if self.service in ("agent", "metadata"):
            return Reply(status, json.dumps({"code": code, "message": message}), "application/json")
        return Reply(status, '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code><Message>%s</Message>'
                     "<RequestId>%s</RequestId><HostId>stand-in</HostId></Error>" %
                     (code, escape(message), self.request_id), "application/xml")

    def refusal(self, code, message):
        if self.service == "s3":
            return self.error(code, message, XML_STATUS.get(code, 403))
        code = JSON_CODES.get(code, code)
        if code == "UnrecognizedClientException":
            message = "The security token included in the request is invalid."
        return self.error(code, message, JSON_STATUS.get(code, 403))

    def send(self, reply):
        fault = getattr(self, "broken", None)
        self.broken = None
        self.amazon.count(self.route, reply.status, len(reply.body))
        self.send_response(reply.status)
        if self.service == "sagemaker":
            self.send_header("x-amzn-RequestId", self.request_id)
        elif self.service == "s3":
            self.send_header("x-amz-request-id", self.request_id)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault == "truncate":
            self.wfile.write(reply.body[:len(reply.body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(reply.body)

    def dispatch(self, raw):
        path, _, query = raw.partition("?")
        if path.startswith("/_control/"):
            self.route = "control"
            return self.control(path[10:])
        target = self.headers.get("X-Amz-Target")
        form = (self.headers.get("Content-Type") or "").startswith("application/x-www-form-urlencoded")
        if target is not None:
            self.service, self.route = "sagemaker", target.partition(".")[2]
            answer = self.sagemaker
        elif path == "/" and form and self.command == "POST":
            self.service, self.route = "sts", "sts"
            answer = self.sts
        elif path.startswith("/latest/"):
            self.service, self.route = "metadata", "metadata"
            answer = self.metadata
        elif path.startswith("/agent/"):
            self.service, self.route = "agent", "agent"
            answer = self.agent
        else:
            self.service, self.route = "s3", "s3 " + self.command
            answer = self.s3
        self.meddle(self.command + " " + path)
        answer(raw, path, query)

    def meddle(self, name):
        fault = self.amazon.fault(self.service, name, self.route)
        kind = fault["kind"] if fault else None
        if kind == "gone":
            self.amazon.count(self.route, 0, 0)
            self.close_connection = True
            self.connection.close()
            raise ConnectionAbortedError
        if kind == "slow":
            time.sleep(fault.get("seconds", 5))
        elif kind == "hold":
            fault["mended"].wait()
        elif kind == "throttle":
            headers = {"Retry_After": str(fault["after"])} if "after" in fault else {}
            reply = self.refusal("SlowDown", "Rate exceeded" if self.service == "sagemaker" else
                                 "Please reduce your request rate.")
            reply.headers.update({k.replace("_", "-"): v for k, v in headers.items()})
            raise reply
        elif kind == "error":
            raise self.error(fault.get("code", "InternalFailure" if self.service == "sagemaker" else "InternalError"),
                             "We encountered an internal error. Please try again.", fault.get("status", 500))
        elif kind == "denied":
            raise self.refusal("AccessDenied", "User: %s is not authorized to perform this action" % ROLE)
        elif kind == "unauthorized":
            raise self.refusal("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        elif kind == "expired":
            raise self.refusal("ExpiredToken", "The provided token has expired.")
        elif kind == "echo":
            raise self.error("ValidationException", "what is %s of %s?" % (
                self.headers.get("Authorization", "").split("Signature=")[-1],
                self.headers.get("X-Amz-Security-Token", "").strip() or self.headers.get("Authorization", "")[-16:]), 400)
        elif kind == "drift" and fault.get("variant") == "html":
            raise Reply(200, "<html><body>Under maintenance</body></html>", "text/html")
        self.broken = kind
        self.variant = fault.get("variant") if kind == "drift" else None

    def check(self, raw, service, region=None):
        amazon = self.amazon
        return verify(self.command, raw, self.headers, self.body, service, region or amazon.options.region,
                      amazon.keys.get, amazon.store.now())

    # ---- SageMaker ----

    def sagemaker(self, raw, path, query):
        store = self.amazon.store
        self.check(raw, "sagemaker")
        if self.command != "POST" or path != "/" or self.headers.get("Content-Type") != "application/x-amz-json-1.1":
            raise AwsError("UnknownOperationException", "not a request of this protocol")
        operations = {
            "CreateModelPackageGroup": store.create_group, "CreateModelPackage": store.create_package,
            "DescribeModelPackage": lambda b: public(store.find_package(b["ModelPackageName"])),
            "ListModelPackages": store.list_packages, "UpdateModelPackage": store.update_package,
            "DeleteModelPackage": store.delete_package, "StartPipelineExecution": store.start_execution,
            "DescribePipelineExecution": store.describe_execution, "StopPipelineExecution": store.stop_execution,
            "Search": store.search}
        if not self.headers["X-Amz-Target"].startswith("SageMaker.") or self.route not in operations:
            raise AwsError("UnknownOperationException", "")
        with store.lock:
            body = json.loads(self.body or b"{}")
            if self.variant == "turning":
                self.token = body.pop("NextToken", None)
            answer = operations[self.route](body)
            text = json.dumps(self.drifted(answer)) if answer is not None else ""
        raise Reply(200, text, "application/x-amz-json-1.1")

    def drifted(self, answer):
        if self.variant == "wrap":
            return {"Output": answer}
        if self.variant == "rename":
            return json.loads(json.dumps(answer).replace("ModelPackageArn", "PackageArn"))
        if self.variant == "types":
            return json.loads(re.sub(r'"CreationTime": ([0-9.]+)', r'"CreationTime": "\1"', json.dumps(answer)))
        if self.variant == "endless":
            return {**answer, "NextToken": "again"}
        if self.variant == "turning":
            return {**answer, "NextToken": "here" if self.token == "there" else "there"}
        return answer

    # ---- S3 ----

    def s3(self, raw, path, query):
        store = self.amazon.store
        bucket, _, key = urllib.parse.unquote(path[1:]).partition("/")
        region = store.regions.get(bucket, self.amazon.options.region)
        if "/%s/s3/" % region not in self.headers.get("Authorization", "/%s/s3/" % region):
            raise Reply(301, "<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting to access "
                        "must be addressed using the specified endpoint.</Message></Error>", "application/xml",
                        x_amz_bucket_region=region)
        self.check(raw, "s3", region)
        parameters = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        with store.lock:
            if self.command == "PUT" and not key:
                store.buckets.setdefault(bucket, {})
                raise Reply(200, b"", Location="/" + bucket)
            if self.command == "PUT":
                o = store.put_object(bucket, key, self.body)
                raise Reply(200, b"", ETag=o["etag"])
            if self.command == "DELETE":
                store.buckets.get(bucket, {}).pop(key, None)
                raise Reply(204)
            if not key and "list-type" in parameters:
                self.s3_list(bucket, parameters)
            if not key:
                raise AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
            o = store.get_object(bucket, key)
        raise Reply(200, o["data"], "binary/octet-stream", ETag=o["etag"], Accept_Ranges="bytes",
                    Last_Modified=formatdate(o["at"], usegmt=True))

    def s3_list(self, bucket, parameters):
        store = self.amazon.store
        if bucket not in store.buckets:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        prefix, most = parameters.get("prefix", ""), int(parameters.get("max-keys", 1000))
        found = sorted(k for k in store.buckets[bucket] if k.startswith(prefix))
        shown = "".join("<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>%s</ETag><Size>%d</Size>"
                        "<StorageClass>STANDARD</StorageClass></Contents>" %
                        (escape(k), stamp(store.buckets[bucket][k]["at"]), escape(store.buckets[bucket][k]["etag"]),
                         len(store.buckets[bucket][k]["data"])) for k in found[:most])
        raise Reply(200, '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/'
                    '2006-03-01/"><Name>%s</Name><Prefix>%s</Prefix><KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys>'
                    "<IsTruncated>%s</IsTruncated>%s</ListBucketResult>" %
                    (bucket, escape(prefix), len(found[:most]), most, "true" if len(found) > most else "false", shown),
                    "application/xml")

    # ---- STS, the agent, the metadata service ----

    def sts(self, raw, path, query):
        form = dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))
        if form.get("Action") != "AssumeRoleWithWebIdentity" or form.get("Version") != "2011-06-15":
            raise AwsError("InvalidAction", "Could not find operation %s" % form.get("Action"))
        if self.headers.get("Authorization"):
            raise AwsError("SignatureDoesNotMatch", "This operation is not signed", 403)
        if not re.match(r"^[\w+=,.@-]{2,64}$", form.get("RoleSessionName", "")):
            raise AwsError("ValidationError", "1 validation error detected: 'roleSessionName'")
        if form.get("RoleArn") != ROLE:
            raise AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
        if form.get("WebIdentityToken") != self.amazon.web_token:
            raise AwsError("InvalidIdentityToken", "The ID Token provided is not a valid JWT.")
        key_id, key = self.amazon.issue()
        raise Reply(200, '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n'
                    "  <AssumeRoleWithWebIdentityResult>\n    <Credentials>\n      <AccessKeyId>%s</AccessKeyId>\n"
                    "      <SecretAccessKey>%s</SecretAccessKey>\n      <SessionToken>%s</SessionToken>\n"
                    "      <Expiration>%s</Expiration>\n    </Credentials>\n"
                    "    <AssumedRoleUser><Arn>%s/%s</Arn><AssumedRoleId>AROA:%s</AssumedRoleId></AssumedRoleUser>\n"
                    "  </AssumeRoleWithWebIdentityResult>\n"
                    "  <ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>\n"
                    "</AssumeRoleWithWebIdentityResponse>\n" %
                    (key_id, key["secret"], key["token"], stamp(key["expires"]), ROLE, form["RoleSessionName"],
                     form["RoleSessionName"], self.request_id), "text/xml")

    def session(self, **more):
        key_id, key = self.amazon.issue()
        raise Reply(200, json.dumps({**more, "AccessKeyId": key_id, "SecretAccessKey": key["secret"],
                                     "Token": key["token"], "Expiration": stamp(key["expires"])}), "application/json")

    def agent(self, raw, path, query):
        if self.headers.get("Authorization") != self.amazon.pod_token:
            raise AwsError("AccessDenied", "the token is not that of this task", 401)
        self.session(RoleArn=ROLE)

    def metadata(self, raw, path, query):
        tokens, now = self.amazon.metadata_tokens, self.amazon.store.now()
        if path == "/latest/api/token":
            life = self.headers.get("x-aws-ec2-metadata-token-ttl-seconds")
            if self.command != "PUT" or not life or not 1 <= int(life) <= 21600:
                raise Reply(400)
            token = secrets.token_urlsafe(42)
            tokens[token] = now + int(life)
            raise Reply(200, token, "text/plain", x_aws_ec2_metadata_token_ttl_seconds=life)
        if tokens.get(self.headers.get("x-aws-ec2-metadata-token"), 0) <= now:
            raise Reply(401)
        roles = "/latest/meta-data/iam/security-credentials/"
        if path == roles:
            raise Reply(200, "trainer", "text/plain")
        if path == roles + "trainer":
            self.session(Code="Success", Type="AWS-HMAC", LastUpdated=stamp(now))
        raise Reply(404)

    # ---- For tests ----

    def control(self, what):
        amazon, store = self.amazon, self.amazon.store
        body = json.loads(self.body) if self.body else {}
        key = (self.command, what)
        with store.lock:
            if key == ("POST", "fault"):
                amazon.faults.append({**body, "mended": amazon.mended})
            elif key == ("DELETE", "fault"):
                amazon.faults.clear()
                amazon.mended.set()
                amazon.mended = threading.Event()
            elif key == ("POST", "seed"):
                store.seed(body["count"], body["group"], body["bucket"], body["manifest"], body.get("age", 0))
            elif key == ("POST", "index"):
                store.index_lag = body["lag"]
            elif key == ("POST", "object"):
                store.put_object(body["bucket"], body["key"], body["text"].encode())
            elif key == ("DELETE", "object"):
                del store.buckets[body["bucket"]][body["key"]]
            elif key == ("POST", "create"):
                if body["ModelPackageGroupName"] not in store.groups:
                    store.create_group(body)
                raise Reply(200, json.dumps(store.create_package(body)), "application/json")
            elif key == ("POST", "bucket"):
                store.regions[body["bucket"]] = body["region"]
            elif key == ("POST", "package"):
                package = store.packages[body.pop("arn")]
                package.update(body)
                for name in [k for k in body if body[k] is None]:
                    del package[name]
            elif key == ("DELETE", "package"):
                del store.packages[body["arn"]]
            elif key == ("POST", "pipeline"):
                store.pipelines.add(body["name"])
                store.describes = body.get("describes", store.describes)
                for e in store.executions.values():
                    if e["asked"][0] == body["name"]:
                        e["end"] = body.get("end", e["end"])
            elif key == ("POST", "revoke"):
                for k in [k for k in amazon.keys if k != KEY]:
                    del amazon.keys[k]
            elif key == ("POST", "clock"):
                store.offset = body["offset"]
            elif key == ("DELETE", "stats"):
                amazon.reset()
            elif key == ("GET", "stats"):
                raise Reply(200, json.dumps(amazon.stats), "application/json")
            elif key == ("GET", "executions"):
                raise Reply(200, json.dumps(list(store.executions.values())), "application/json")
            else:
                raise Reply(404, "no such control\n", "text/plain")
        raise Reply(204)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, OSError)):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--region", default="eu-west-1")
    parser.add_argument("--page", type=int, default=0, help="no page is larger")
    parser.add_argument("--life", type=int, default=3600, help="of sessions, seconds")
    parser.add_argument("--folder")
    options = parser.parse_args()
    Handler.amazon = Amazon(options)
    server = Server(("127.0.0.1", options.port), Handler)
    Handler.amazon.url = "http://127.0.0.1:%d" % server.server_address[1]
    if options.folder:
        Handler.amazon.files(options.folder)
    print(Handler.amazon.url, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
