/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys for tests of tokens.
 */
#include "support/jose.h"

#include <check.h>
#include <string.h>

#include "base/jws.h"
#include "support/rfc7515.h"

const char jose_a2_pem[] = "-----BEGIN PRIVATE KEY-----\n"
			   "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh+BYK4uPJtGXO\n"
			   "jS1lYmM2K5J9vinh8CR3/BYlzJChNuOL2TSXxbbqY913EeZ8dCn5VrD7io8ImtxL\n"
			   "aYk8wTM/U+3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8TA5a8bpvfbr3SvaNn\n"
			   "juygxmj3AbONv/s4yDQs4v5tJ/reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5\n"
			   "ROjtZMEQxrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKjlnAqH2QbgtPr8jkiGUkf\n"
			   "toaHLFcW9Qr4NY2ai50Xw0Byj3+H2JoY2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHg\n"
			   "VFbK5emhAgMBAAECggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyW\n"
			   "PEAeP88vLNO97IjlA7/GQ5sLKMgvfTeXZx9SE+7YwVol2NXOoAJe46sui395IW/G\n"
			   "O+pWJ1O0BkTGoVEn2bKVRUCgu+GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzj\n"
			   "kn439X0M/V51gfpRLI9JYanrC4D4qAdGcopV/0ZHHzQlBjudU2QvXt4ehNYTCBr6\n"
			   "XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl/x/jTj3ccPDVZFD9pIuhLhBOneufuBiB\n"
			   "4cS98l2SR/RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0K\n"
			   "pLttoLhyt3SmqdEf/kgHePDdtzEafpAu+cS191R2JiuoF2yzWXnwFDcqGigp5BNr\n"
			   "0AHQfD8/Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDnEd3BbVWG8qf6deqE\n"
			   "lMGAg+C2V0L4oNXnP7LZcPAZRwKBgQC5A8R+CZW2MvRTLLHzwZkUXV866cff7tx6\n"
			   "kqa0finGG0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7vMVgePsLq6XtON4tB5kP9jAP\n"
			   "rq3rbAOal78eUH5OcED6eNuCV8ixEu1eWcPNCS/l1OW1EnXUEoEHKl54Xrrz2uNw\n"
			   "kgMTP1FZ1wKBgAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7/Ls5bkUp\n"
			   "5u9SN0Ai3Ya6hNnvWJMb7sXQX6U/zyO2M/hTip7tUeh7CXgwo59dkpN75gJLVds2\n"
			   "9+DAncu3KXU4f2Fa+7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf/\n"
			   "evpitUf+4JYbLpvNXWcY052Mpz22aR84mY3nh3F2LF2mjMJDpTg7FmuyPcVw6EcG\n"
			   "yoAe9fa65iNqCq+jdw6PVNGo2hxfjSiZ8IIzHdsPXI89//pMjZcQK9r+CCoRjaZj\n"
			   "OYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2\n"
			   "tOgrjbcrfvtQJipd+DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd/QJQ3\n"
			   "ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp/gh6A56\n"
			   "03k2+ZQwVK0JKSHuLFkuQ3U=\n"
			   "-----END PRIVATE KEY-----\n";

const char jose_a2_jwk[] = RFC7515_A2_JWK;
const char jose_a3_jwk[] = RFC7515_A3_JWK;

const char jose_small_pem[] = "-----BEGIN PRIVATE KEY-----\n"
			      "MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAKjj/LBc6pknHuB9\n"
			      "PMd3zXj1N42uRKKZcbJqUu8H62BbbfKHgtoui+NyWJFL5BuQmXFr3uKox6qR8+00\n"
			      "hMdAktUe5ncD0CR2SWiUqLRYG65yjiU/qvtnYJ/6F2ItqAnoVQVOyPXuGFYIZMrd\n"
			      "/0Pu/eCa7pNSjSU24zrUoqokqf3PAgMBAAECgYBRqIH5p8NKL48PTZ5Ad11ieXXV\n"
			      "zAelcnl1oVDd/78/hJVhaUHMSisa2qOWBNKSvVRjcZt/jcmUYCNHclgsmr0jA0Dq\n"
			      "OcBu7w4zuDVkCYAINFmz8C622idOCXckHMDcrZssUtsKlP+wjwEXenV0GA3Kf+MD\n"
			      "pFxRrelAo8+2dZ1YaQJBANSuT18y97VZpvGAYfyyROul4s+phqIEkCj0nDsy7/4u\n"
			      "4ha+KTgrEPyNxmetPVC4X8bJl/+BdfIk3M7vA3PaoJsCQQDLSlhOQIC9Pktdfb9P\n"
			      "yRYdtgenzV7SQKHIUfdZ5sUEOJ95W67sR8Ii4EOWVH5adQUDHq0C6w+sdGAIjxNB\n"
			      "AYjdAkEApUw09FCwpYpgbiLSBYyodF4hwjSIJzRUtwAmzPvx+ySFJBf4AWe3dBLc\n"
			      "uYezuCEUj3PvZu4/tUthMpQhotGxMQJAc4MoEDbYsC+QdWw5Y+WYGoPPb8rjYUb2\n"
			      "ZrQkf8IAGvjtrPCqwXm410ZlQSt7rHynv3ETz/+vJUfvNY3O2/Y6RQJAPlHh0UIk\n"
			      "qc9nAag7/jUk9HwCaB+hYnCSBlEXcZWv+5rZd18KWcUYOVBVy32UYEzE96FjdYX7\n"
			      "M2hbD3SqMNGuMg==\n"
			      "-----END PRIVATE KEY-----\n";

const char jose_ec_pem[] = "-----BEGIN PRIVATE KEY-----\n"
			   "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3NIKeJfDvt6rhJQd\n"
			   "z2DLoqfpYJrgIjtPvZZ/NiG/QmGhRANCAAQToZ0m08B+eH5tgWmd067Rr6gDW+hk\n"
			   "LUcgGHjkc9Ug8PaBIk5EQfEJ0Mh0XM766cAOk7R0wf9DEI8a5FGfFXRx\n"
			   "-----END PRIVATE KEY-----\n";

char *jose_mint(const char *kid, const char *payload, struct arena *a)
{
	RSA_KEY_AUTO key = NULL;

	ck_assert_int_eq(rsa_key_pem(jose_a2_pem, strlen(jose_a2_pem), &key, NULL), 0);
	return jws_sign(key, kid, payload, strlen(payload), a);
}
