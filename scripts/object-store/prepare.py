"""Makes an S3 server that refuses whom it should: a versioned bucket an environment, and an
identity with exactly the policy of services/predict/README.md. Prints the environment of the tests.

usage: prepare.py ENDPOINT README
"""

import json
import re
import sys
import urllib.request
from pathlib import Path

import boto3

endpoint, readme = sys.argv[1:]
REGION = "us-west-2"
BUCKETS = ["models-dev", "models-prod"]


def client(service: str):
    """A client from the time before the server asks who one is."""
    return boto3.client(
        service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id="nobody", aws_secret_access_key="yet"
    )


def documented_policy() -> dict:
    """The policy that the README tells to give, for the bucket of dev."""
    text = Path(readme).read_text(encoding="utf-8")
    policies = re.findall(r"```json\n(\{\s*\"Version\": \"2012-10-17\".*?)```", text, re.DOTALL)
    if len(policies) != 1 or "my-models" not in policies[0]:
        sys.exit(f"{readme}: expected one JSON block with a policy for the bucket my-models")
    # Each test has a folder of its own. The server does not look at conditions.
    return json.loads(policies[0].replace("my-models", BUCKETS[0]).replace("team/*", "*"))


def identity(name: str, policy: dict | None) -> str:
    """Makes a user and returns its keys, as ID:SECRET."""
    iam = client("iam")
    iam.create_user(UserName=name)
    if policy:
        iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return f"{key['AccessKeyId']}:{key['SecretAccessKey']}"


for bucket in BUCKETS:
    s3 = client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def allow(*statements: tuple[str, str]) -> dict:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements],
    }


# What the README says that the payload log takes, to write it and to read it.
bucket = f"arn:aws:s3:::{BUCKETS[0]}"
writing = allow(("s3:PutObject", f"{bucket}/*"))
reading = allow(("s3:ListBucket", bucket), ("s3:GetObject", f"{bucket}/*"))

everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
print(f"export OBJECT_STORE={endpoint}")
print(f"export OBJECT_STORE_PUBLISHER={identity('publisher', everything)}")
print(f"export OBJECT_STORE_READER={identity('predict', documented_policy())}")
print(f"export OBJECT_STORE_LOG_WRITER={identity('log-writer', writing)}")
print(f"export OBJECT_STORE_LOG_READER={identity('log-reader', reading)}")
print(f"export OBJECT_STORE_NOBODY={identity('nobody', None)}")

# From here on signatures and policies are checked.
request = urllib.request.Request(
    f"{endpoint}/moto-api/reset-auth", data=b"0", method="POST", headers={"Content-Type": "text/plain"}
)
urllib.request.urlopen(request).read()
