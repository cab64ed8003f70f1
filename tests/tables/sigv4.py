#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/tables/sigv4.json: requests of ours, signed by Debian's botocore.

    /usr/bin/python3 tests/tables/sigv4.py >tests/tables/sigv4.json

AWS's own suite has the same form once it is put together so; SIGV4=FILE makes the test run that, too.
"""
import datetime
import json
from unittest import mock

import botocore
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode

ID, SECRET, TOKEN = "AKIDOFOURS", "secret/of+ours", "AQoDYXdzEPT//////////wEXAMPLE=="
REGION, SERVICE, TIME, EXPIRES = "eu-west-1", "sagemaker", "2026-11-24T13:07:09Z", "3600"
HOST = "api.example.amazonaws.com"
JSON = [["Content-Type", "application/x-amz-json-1.1"], ["X-Amz-Target", "SageMaker.ListModelPackages"]]
cases = [
    {"name": "plain"},
    {"name": "post of JSON", "method": "POST", "headers": JSON, "body": '{"MaxResults":100}'},
    {"name": "post of nothing", "method": "POST", "headers": JSON, "body": ""},
    {"name": "a session token", "token": TOKEN},
    {"name": "a token beside a body", "method": "POST", "headers": JSON, "body": "{}", "token": TOKEN},
    {"name": "a path", "path": "/a/b/c"},
    {"name": "a path to be normalised", "path": "/a/./b/../c//d/"},
    {"name": "a path above the root", "path": "/../../a"},
    {"name": "a path with a blank and signs", "path": "/a b/c+d=e(f)~g"},
    {"name": "a path beyond ASCII", "path": "/h\u00e9/\u4e2d"},
    {"name": "a query", "params": [["b", "2"], ["a", "1"]]},
    {"name": "a query of equal names", "params": [["a", "2"], ["a", "1"], ["A", "3"]]},
    {"name": "a query without values", "params": [["location", ""], ["a", ""]]},
    {"name": "a query of signs", "params": [["a+b", "c d/e"], ["~", "%2F"], ["=", "&"]]},
    {"name": "a query beyond ASCII", "params": [["\u00e9", "\u4e2d"]]},
    {"name": "values with blanks", "headers": [["X-Ours", "  a   b  "], ["X-Amz-Meta", " c"]]},
    {"name": "names in any case", "headers": [["x-OURS", "v"], ["ACCEPT", "*/*"]]},
    {"name": "delete", "method": "DELETE", "path": "/x"},
    {"name": "put with a body", "method": "PUT", "path": "/x", "body": "abc", "headers": [["Content-Type", "text/plain"]]},
]


def recorder(kind):
    class Recorder(kind):
        def canonical_request(self, request):
            self.canonical = super().canonical_request(request)
            return self.canonical

        def string_to_sign(self, request, canonical):
            self.string = super().string_to_sign(request, canonical)
            return self.string

        def signature(self, string, request):
            self.signed = super().signature(string, request)
            return self.signed
    return Recorder


def sign(kind, case, *more):
    url = "https://" + HOST + case["path"]
    request = AWSRequest(method=case["method"], url=url, data=case.get("body") or None,
                         headers=dict(case["headers"]))
    if case["params"]:
        request.url += "?" + "&".join(percent_encode(k) + "=" + percent_encode(v) for k, v in case["params"])
    signer = recorder(kind)(Credentials(ID, SECRET, case.get("token")), SERVICE, REGION, *more)
    now = datetime.datetime.strptime(TIME, "%Y-%m-%dT%H:%M:%SZ")
    with mock.patch("botocore.auth.datetime") as patched:
        patched.datetime.utcnow.return_value = now
        signer.add_auth(request)
    return {"canonical": signer.canonical, "string_to_sign": signer.string, "signature": signer.signed}


for case in cases:
    case.setdefault("method", "GET")
    case.setdefault("path", "/")
    case.setdefault("params", [])
    case["headers"] = [["Host", HOST]] + case.get("headers", [])
    case["normalize"] = True
    case["in_headers"] = sign(auth.SigV4Auth, case)
    # botocore keeps the query that it signs in a dict: of equal names one is left.
    if case["method"] == "GET" and len(dict(case["params"])) == len(case["params"]):
        case["in_query"] = sign(auth.SigV4QueryAuth, case, int(EXPIRES))
print('{"source": "requests of ours, signed by botocore %s", "id": %s, "secret": %s, "time": "%s", "region": "%s",'
      % (botocore.__version__, json.dumps(ID), json.dumps(SECRET), TIME, REGION))
print('"service": "%s", "expires": "%s", "cases": [' % (SERVICE, EXPIRES))
print(",\n".join(json.dumps(case, ensure_ascii=True) for case in cases))
print("]}")
