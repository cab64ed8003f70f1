# SPDX-License-Identifier: Apache-2.0
"""Checks AWS Signature Version 4 as strictly as AWS: everything is computed anew from the raw request."""

import calendar
import hashlib
import hmac
import re
import time
import urllib.parse

SKEW = {"s3": 900, "sagemaker": 300}
AUTHORIZATION = re.compile(
    r"^AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request,\s?"
    r"SignedHeaders=([a-z0-9;-]+),\s?Signature=([0-9a-f]{64})$")


class Refused(Exception):
    """code: AWS's own; token: what the message is about."""

    def __init__(self, code, message):
        super().__init__(code)
        self.code, self.message = code, message


def hashed(data):
    return hashlib.sha256(data).hexdigest()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def quoted(text, safe=""):
    return urllib.parse.quote(text, safe="-_.~" + safe, encoding="utf-8", errors="surrogateescape")


def canonical_query(query):
    pairs = []
    for part in query.split("&") if query else []:
        name, _, value = part.partition("=")
        pairs.append((quoted(urllib.parse.unquote(name)), quoted(urllib.parse.unquote(value))))
    return "&".join("%s=%s" % pair for pair in sorted(pairs))


def canonical_path(path, service):
    """S3 takes the path as it was meant; the others encode what stands on the wire once more."""
    return quoted(urllib.parse.unquote(path) if service == "s3" else path, "/") or "/"


def canonical_headers(headers, names):
    lines = []
    for name in names:
        values = headers.get_all(name)
        if values is None:
            raise Refused("SignatureDoesNotMatch", "The header %s is signed and was not sent" % name)
        lines.append("%s:%s\n" % (name, ",".join(" ".join(v.split()) for v in values)))
    return "".join(lines)


def check_headers(headers, names, service):
    if names != sorted(names):
        raise Refused("SignatureDoesNotMatch", "SignedHeaders are not sorted")
    wanted = {n.lower() for n in headers.keys() if n.lower().startswith("x-amz-")} | {"host"}
    if service != "s3" and headers.get("content-type") is not None:
        wanted.add("content-type")
    missing = wanted - set(names) - {"x-amz-user-agent"}
    if missing:
        raise Refused("SignatureDoesNotMatch", "Headers present in the request which were not signed: " +
                      ", ".join(sorted(missing)))


def check_payload(headers, body, service):
    """What is signed as the payload's digest."""
    said = headers.get("x-amz-content-sha256")
    if service == "s3" and said is None:
        raise Refused("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if said in ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER") and service == "s3":
        return said
    if said is not None and said != hashed(body):
        raise Refused("XAmzContentSHA256Mismatch",
                      "The provided 'x-amz-content-sha256' header does not match what was computed.")
    return hashed(body)


def verify(method, target, headers, body, service, region, key_of, now=None):
    """The credentials' record, by key_of(id); raises Refused."""
    said = headers.get("Authorization")
    if not said:
        raise Refused("MissingAuthenticationTokenException" if service != "s3" else "AccessDenied",
                      "Missing Authentication Token" if service != "s3" else "Access Denied")
    m = AUTHORIZATION.match(said)
    if not m:
        raise Refused("IncompleteSignatureException" if service != "s3" else "AuthorizationHeaderMalformed",
                      "Authorization header is malformed.")
    key_id, day, scope_region, scope_service, names, signature = m.groups()
    at = headers.get("x-amz-date") or ""
    if not re.match(r"^\d{8}T\d{6}Z$", at) or at[:8] != day:
        raise Refused("SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601")
    if (scope_region, scope_service) != (region, service):
        raise Refused("AuthorizationHeaderMalformed" if service == "s3" else "InvalidSignatureException",
                      "Credential should be scoped to a valid region, not '%s', and service '%s'." %
                      (scope_region, service))
    key = key_of(key_id)
    if key is None:
        raise Refused("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    check_headers(headers, names.split(";"), service)
    path, _, query = target.partition("?")
    text = "\n".join((method, canonical_path(path, service), canonical_query(query),
                      canonical_headers(headers, names.split(";")), names,
                      check_payload(headers, body, service)))
    scope = "%s/%s/%s/aws4_request" % (day, region, service)
    derived = mac(mac(mac(mac(("AWS4" + key["secret"]).encode(), day), region), service), "aws4_request")
    wanted = mac(derived, "AWS4-HMAC-SHA256\n%s\n%s\n%s" % (at, scope, hashed(text.encode()))).hex()
    if not hmac.compare_digest(wanted, signature):
        raise Refused("SignatureDoesNotMatch", "The request signature we calculated does not match the signature "
                      "you provided. Check your key and signing method.")
    seconds = calendar.timegm(time.strptime(at, "%Y%m%dT%H%M%SZ"))
    if abs((time.time() if now is None else now) - seconds) > SKEW[service]:
        raise Refused("RequestTimeTooSkewed", "The difference between the request time and the current time is "
                      "too large.")
    if (headers.get("x-amz-security-token") or None) != key.get("token"):
        raise Refused("InvalidToken", "The provided token is malformed or otherwise invalid.")
    if key.get("expires") and key["expires"] <= (time.time() if now is None else now):
        raise Refused("ExpiredToken", "The provided token has expired.")
    return key
