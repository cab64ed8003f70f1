# SPDX-License-Identifier: Apache-2.0
"""Drives the stand-in for Amazon with boto3: aws_boto.py URL FOLDER. One line for each check."""

import os
import sys
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

url, folder = sys.argv[1:]
bad = 0


def check(what, passed, seen=None):
    global bad
    bad += not passed
    print("%s - boto3: %s" % ("ok" if passed else "not ok", what))
    if not passed:
        print("  | %r" % (seen,))


def fails(what, code, status, call, **arguments):
    try:
        check(what, False, call(**arguments))
    except ClientError as e:
        seen = (e.response["Error"]["Code"], e.response["ResponseMetadata"]["HTTPStatusCode"])
        check(what, seen == (code, status), e.response)


os.environ["AWS_SHARED_CREDENTIALS_FILE"] = folder + "/credentials"


def client(name, **more):
    session = boto3.Session(**more)
    return session.client(name, endpoint_url=url, region_name="eu-west-1",
                          config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}))


sagemaker, s3 = client("sagemaker"), client("s3")
s3.create_bucket(Bucket="boto-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
s3.put_object(Bucket="boto-bucket", Key="é/x y", Body=b"data")
check("an object comes back", s3.get_object(Bucket="boto-bucket", Key="é/x y")["Body"].read() == b"data")
fails("a key that is not there", "NoSuchKey", 404, s3.get_object, Bucket="boto-bucket", Key="none")
sagemaker.create_model_package_group(ModelPackageGroupName="boto")
for _ in range(4):
    arn = sagemaker.create_model_package(ModelPackageGroupName="boto", ModelApprovalStatus="Approved")["ModelPackageArn"]
pages = list(sagemaker.get_paginator("list_model_packages").paginate(
    ModelPackageGroupName="boto", ModelPackageType="Versioned", PaginationConfig={"PageSize": 100}))
check("four packages come on two pages", [len(p["ModelPackageSummaryList"]) for p in pages] == [3, 1], pages)
shown = sagemaker.describe_model_package(ModelPackageName=arn)
check("a package is described", shown["ModelPackageVersion"] == 4 and shown["CreationTime"].year >= 2026, shown)
changed = {"Filters": [{"Name": "ModelApprovalStatus", "Operator": "Equals", "Value": "Approved"},
                       {"Name": "ModelPackageGroupName", "Operator": "Equals", "Value": "boto"}],
           "Operator": "And", "SubExpressions": [{"Operator": "Or", "Filters": [
               {"Name": n, "Operator": "GreaterThanOrEqualTo", "Value": time.strftime(
                   "%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 60))} for n in ("LastModifiedTime", "CreationTime")]}]}
pages = list(sagemaker.get_paginator("search").paginate(
    Resource="ModelPackage", SearchExpression=changed, SortBy="LastModifiedTime", SortOrder="Descending",
    PaginationConfig={"PageSize": 100}))
check("the same are found by what changed", [len(p["Results"]) for p in pages] == [3, 1] and
      pages[0]["Results"][0]["ModelPackage"]["LastModifiedTime"].year >= 2026, pages)
fails("a search by what no package has", "ValidationException", 400, sagemaker.search, Resource="ModelPackage",
      SearchExpression={"Filters": [{"Name": "Colour", "Value": "red"}]})
sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
check("what was rejected is found no more", len(sagemaker.search(
    Resource="ModelPackage", SearchExpression=changed, MaxResults=100)["Results"]) == 3)
check("a package is rejected",
      sagemaker.describe_model_package(ModelPackageName=arn)["ModelApprovalStatus"] == "Rejected")
started = sagemaker.start_pipeline_execution(
    PipelineName="distil-runtime", ClientRequestToken="b" * 40,
    PipelineParameters=[{"Name": "Student", "Value": "x"}])["PipelineExecutionArn"]
check("a pipeline is started and followed", sagemaker.describe_pipeline_execution(
    PipelineExecutionArn=started)["PipelineExecutionStatus"] == "Executing")

wrong = client("sagemaker", profile_name="wrong")
fails("a wrong secret at SageMaker", "InvalidSignatureException", 403, wrong.list_model_packages)
fails("a wrong secret at S3", "SignatureDoesNotMatch", 403, client("s3", profile_name="wrong").get_object,
      Bucket="boto-bucket", Key="x")

# ---- Where its own chain finds credentials ----


def chained(**env):
    """What boto3 finds with these variables alone."""
    kept = dict(os.environ)
    os.environ.update(env, AWS_SHARED_CREDENTIALS_FILE="/nonexistent", AWS_CONFIG_FILE="/nonexistent")
    try:
        session = boto3.Session()
        found = session.get_credentials()
        count = len(session.client("sagemaker", endpoint_url=url, region_name="eu-west-1").list_model_packages(
            ModelPackageType="Versioned", MaxResults=1)["ModelPackageSummaryList"])
        return found.method, count
    finally:
        os.environ.clear()
        os.environ.update(kept)


with open(folder + "/pod.token") as f:
    pod = f.read()
check("the agent of a container gives a session", chained(
    AWS_CONTAINER_CREDENTIALS_FULL_URI=url + "/agent/v1", AWS_CONTAINER_AUTHORIZATION_TOKEN=pod) == ("container-role", 1))
check("the metadata service gives one", chained(
    AWS_EC2_METADATA_SERVICE_ENDPOINT=url + "/") == ("iam-role", 1))
try:
    urllib.request.urlopen(url + "/latest/meta-data/iam/security-credentials/")
    check("the metadata service wants version 2", False)
except urllib.error.HTTPError as e:
    check("the metadata service wants version 2", e.code == 401, e.code)

sts = boto3.client("sts", endpoint_url=url, region_name="eu-west-1")
with open(folder + "/web.token") as f:
    web = f.read().strip()
given = sts.assume_role_with_web_identity(RoleArn="arn:aws:iam::123456789012:role/trainer", RoleSessionName="boto",
                                          WebIdentityToken=web)["Credentials"]
session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
check("a web identity gets a session that S3 takes", session.client(
    "s3", endpoint_url=url, region_name="eu-west-1",
    config=Config(s3={"addressing_style": "path"})).head_object(Bucket="boto-bucket", Key="é/x y")["ContentLength"] == 4)
fails("another web identity", "InvalidIdentityToken", 400, sts.assume_role_with_web_identity,
      RoleArn="arn:aws:iam::123456789012:role/trainer", RoleSessionName="boto", WebIdentityToken="other!")
sys.exit(bad > 0)
