# SPDX-License-Identifier: Apache-2.0
"""RS256 in plain Python, for stand-ins that check or make tokens. The key is the one that RFC 7515 prints in
its appendix A.2: nobody's secret since 2015."""

import base64
import hashlib
import json

N = ("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ"
     "S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca"
     "pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h"
     "4FRWyuXpoQ")
E = "AQAB"
D = ("Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_G"
     "O-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjud"
     "U2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1Dh"
     "OVRuOopznQ")
P = ("4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2"
     "KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc")
Q = ("uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-"
     "TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc")

# SHA-256 in the DigestInfo of PKCS #1.
PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def decode(text):
    """base64url without padding, as strict as JOSE asks."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if encode(raw) != text:
        raise ValueError("no base64url")
    return raw


def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def number(text):
    return int.from_bytes(decode(text), "big")


def padded(data, size):
    tail = PREFIX + hashlib.sha256(data).digest()
    return b"\0\1" + b"\xff" * (size - len(tail) - 3) + b"\0" + tail


def verify(data, signature, n=N, e=E):
    modulus = number(n)
    size = (modulus.bit_length() + 7) // 8
    if len(signature) != size:
        return False
    return pow(int.from_bytes(signature, "big"), number(e), modulus).to_bytes(size, "big") == padded(data, size)


def sign(data):
    modulus = number(N)
    size = (modulus.bit_length() + 7) // 8
    return pow(int.from_bytes(padded(data, size), "big"), number(D), modulus).to_bytes(size, "big")


def token(claims, kid=None, **header):
    head = {"alg": "RS256", "typ": "JWT", **({"kid": kid} if kid else {}), **header}
    text = ".".join(encode(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    return text + "." + encode(sign(text.encode()))


def jwk(**members):
    return {"kty": "RSA", "n": N, "e": E, **members}


def pem():
    """The key in PKCS #8."""
    def tlv(tag, body):
        size = len(body)
        if size < 128:
            return bytes([tag, size]) + body
        length = size.to_bytes((size.bit_length() + 7) // 8, "big")
        return bytes([tag, 0x80 | len(length)]) + length + body

    def integer(value):
        return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))

    n, e, d, p, q = (number(x) for x in (N, E, D, P, Q))
    numbers = (0, n, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    rsa = tlv(0x30, b"".join(integer(x) for x in numbers))
    der = tlv(0x30, integer(0) + bytes.fromhex("300d06092a864886f70d0101010500") + tlv(4, rsa))
    text = base64.b64encode(der).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "-----BEGIN PRIVATE KEY-----\n" + "\n".join(lines) + "\n-----END PRIVATE KEY-----\n"
