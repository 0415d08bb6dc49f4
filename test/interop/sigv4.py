"""Prints the header with which botocore authorizes each request of the standard input."""

import json
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

given = json.load(sys.stdin)
for one in given["requests"]:
    keys = Credentials(one["keyId"], one["secret"], one.get("sessionToken"))
    auth = SigV4Auth(keys, given["service"], given["region"])
    request = AWSRequest("GET", one["url"])
    request.context["timestamp"] = given["time"]
    auth._modify_request_before_signing(request)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(text, request))
    print(json.dumps({"authorization": request.headers["Authorization"]}))
