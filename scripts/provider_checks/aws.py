"""The official client of AWS: https://pypi.org/project/boto3/ 1.44.8. It signs its calls, and the sandbox verifies that."""

import datetime as dt

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from .sandbox import equal


def check(sandbox, _):
    client = connect(sandbox, sandbox.token)
    (found,) = client.describe_opt_out_lists()["OptOutLists"]
    read, n_pages = {}, 0
    pages = client.get_paginator("describe_opted_out_numbers")
    for page in pages.paginate(OptOutListName=found["OptOutListName"], PaginationConfig={"PageSize": 10}):
        n_pages += 1
        for it in page["OptedOutNumbers"]:
            assert it["OptedOutNumber"] not in read
            at = it["OptedOutTimestamp"].astimezone(dt.timezone.utc)
            status = "END_USER" if it["EndUserOptedOut"] else "OWNER"
            read[it["OptedOutNumber"]] = (f"{at:%Y-%m-%dT%H:%M:%SZ}", status)
    assert n_pages > 1
    # A number may have come to the list in two ways: the newest is shown.
    expected = {}
    for row in sandbox.lines("aws", "opt-outs"):
        expected[row["phone"]] = max(expected.get(row["phone"], ("", "")), (row["at"], row["status"]))
    n_rows = equal("opted-out numbers", read, expected)
    assert refused(lambda: client.describe_opted_out_numbers(OptOutListName="Other")) == (400, "ResourceNotFoundException")
    assert refused(lambda: connect(sandbox, "wrong").describe_opt_out_lists()) == (403, "InvalidSignatureException")
    return n_rows


def connect(sandbox, secret):
    return boto3.client(
        "pinpoint-sms-voice-v2",
        endpoint_url=sandbox.url,
        region_name="eu-west-1",
        aws_access_key_id="AKID",
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 0}),
    )


def refused(call):
    try:
        call()
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    return None
