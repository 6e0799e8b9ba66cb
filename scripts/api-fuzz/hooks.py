"""What every answer is held to, besides the OpenAPI document."""

import re

import schemathesis

# What would tell a client how the services are made or where they run: Go's
# words, files of the source and of the machine, addresses, gRPC's own words.
INTERNALS = re.compile(
    rb"goroutine |panic|runtime error|nil pointer|\.go:\d|rpc error|code = |desc = |proto:|"
    rb"max retries|transport|127\.0\.0\.1|/(?:tmp|usr|root|home)/|treehouse-ml/",
    re.IGNORECASE,
)
# Documentation may speak of what an answer may not.
DOCUMENTS = ("/openapi.json", "/docs")


@schemathesis.check
def no_internals(ctx, response, case):
    if case.path in DOCUMENTS:
        return
    sent = repr((case.path_parameters, case.query, case.headers, case.body)).encode()
    found = INTERNALS.search(response.content)
    # What a client sent may come back in the message that refuses it.
    if found and found.group(0).lower() not in sent.lower():
        raise AssertionError(f"the answer tells of internals: {found.group(0)!r}")


@schemathesis.check
def has_a_request_id(ctx, response, case):
    if not response.headers.get("x-request-id"):
        raise AssertionError("the answer has no X-Request-Id, by which the log would be searched")


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Asks no answer within a moment, which would be 504 and right."""
    timeout = (case.headers or {}).get("X-Request-Timeout")
    if timeout and re.fullmatch(r"0\..*|[0-9.]+ms", str(timeout)):
        case.headers["X-Request-Timeout"] = "5"
