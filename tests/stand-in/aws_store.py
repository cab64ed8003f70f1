# SPDX-License-Identifier: Apache-2.0
"""What the stand-in for AWS holds: SageMaker's model registry and pipelines, and S3's objects."""

import base64
import calendar
import hashlib
import json
import re
import threading
import time

APPROVALS = ("Approved", "Rejected", "PendingManualApproval")
RESOURCES = ("TrainingJob", "Experiment", "ExperimentTrial", "ExperimentTrialComponent", "Endpoint", "ModelPackage",
             "ModelPackageGroup", "Pipeline", "PipelineExecution", "FeatureGroup", "Project", "FeatureMetadata",
             "HyperParameterTuningJob", "ModelCard", "Model")
# What Search knows of a model package, of which kind each is; float: a time.
SEARCHED = {"ModelPackageName": str, "ModelPackageGroupName": str, "ModelPackageArn": str, "ModelPackageDescription": str,
            "ModelPackageStatus": str, "ModelApprovalStatus": str, "ApprovalDescription": str, "Domain": str, "Task": str,
            "ModelPackageVersion": int, "CreationTime": float, "LastModifiedTime": float}
OPERATORS = {"Equals": lambda a, b: a == b, "NotEquals": lambda a, b: a != b, "GreaterThan": lambda a, b: a > b,
             "GreaterThanOrEqualTo": lambda a, b: a >= b, "LessThan": lambda a, b: a < b,
             "LessThanOrEqualTo": lambda a, b: a <= b, "Contains": lambda a, b: b in a, "In": None, "Exists": None,
             "NotExists": None}
NAME = re.compile(r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$")
ACCOUNT = "123456789012"


class AwsError(Exception):
    def __init__(self, code, message, status=400):
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


def invalid(message):
    return AwsError("ValidationException", message)


def seconds_of(text):
    """A time as a filter has to write it: UTC, whole seconds."""
    try:
        return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        raise invalid("Value '%s' is no timestamp of the format YYYY-mm-dd'T'HH:MM:SS" % text) from None


class Store:
    def __init__(self, region, page):
        self.region, self.page, self.offset = region, page, 0
        self.lock = threading.RLock()
        self.groups, self.packages, self.executions, self.tokens = {}, {}, {}, {}
        self.buckets, self.regions = {}, {}
        self.pipelines = {"distil-runtime"}
        self.index_lag = 0  # seconds until Search shows what changed
        self.describes = 2  # how often an execution is still Executing

    def now(self):
        return time.time() + self.offset

    def arn(self, kind, name):
        return "arn:aws:sagemaker:%s:%s:%s/%s" % (self.region, ACCOUNT, kind, name)

    # ---- Model packages ----

    def create_group(self, body):
        name = body.get("ModelPackageGroupName", "")
        if not NAME.match(name):
            raise invalid("1 validation error detected: Value '%s' at 'modelPackageGroupName'" % name)
        if name in self.groups:
            raise invalid("Model Package Group already exists: " + self.arn("model-package-group", name))
        self.groups[name] = 0
        return {"ModelPackageGroupArn": self.arn("model-package-group", name)}

    def create_package(self, body):
        group = body.get("ModelPackageGroupName")
        if group is not None and group not in self.groups:
            raise invalid("ModelPackageGroup %s does not exist." % self.arn("model-package-group", group))
        approval = body.get("ModelApprovalStatus", "PendingManualApproval" if group else None)
        if approval is not None and approval not in APPROVALS:
            raise invalid("1 validation error detected: Value '%s' at 'modelApprovalStatus'" % approval)
        for leaf in [v for part in body.get("ModelMetrics", {}).values() for v in part.values()]:
            if not leaf.get("S3Uri") or not leaf.get("ContentType"):
                raise invalid("1 validation error detected: S3Uri and ContentType must not be null")
        if group:
            self.groups[group] += 1
            arn = self.arn("model-package", "%s/%d" % (group, self.groups[group]))
        else:
            arn = self.arn("model-package", body["ModelPackageName"])
        now = round(self.now(), 3)
        if self.index_lag:
            body = {**body, "_indexed_at": now + self.index_lag}
        self.packages[arn] = {
            **{k: v for k, v in body.items() if k not in ("ClientToken", "Tags")},
            "ModelPackageName": arn.rpartition("model-package/")[2] if not group else group,
            "ModelPackageArn": arn, "CreationTime": now, "LastModifiedTime": now,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []}}
        if group:
            self.packages[arn].update(ModelPackageGroupName=group, ModelPackageVersion=self.groups[group],
                                      ModelApprovalStatus=approval)
        return {"ModelPackageArn": arn}

    def find_package(self, name):
        arn = name if name.startswith("arn:") else self.arn("model-package", name)
        if arn not in self.packages:
            raise invalid("ModelPackage %s does not exist." % arn)
        return self.packages[arn]

    def list_packages(self, body):
        most = body.get("MaxResults", 10)
        if not isinstance(most, int) or not 1 <= most <= 100:
            raise invalid("1 validation error detected: Value '%s' at 'maxResults' failed to satisfy constraint" % most)
        kind = body.get("ModelPackageType", "Unversioned")
        if kind not in ("Versioned", "Unversioned", "Both"):
            raise invalid("1 validation error detected: Value '%s' at 'modelPackageType'" % kind)
        group = body.get("ModelPackageGroupName")
        if group is not None and group not in self.groups:
            raise invalid("Model Package Group %s does not exist" % group)
        approval = body.get("ModelApprovalStatus")
        by = {"Name": lambda p: p["ModelPackageName"], "CreationTime": lambda p: (p["CreationTime"], p["ModelPackageArn"])}
        found = [p for p in self.packages.values()
                 if (group is None or p.get("ModelPackageGroupName") == group)
                 and (approval is None or p.get("ModelApprovalStatus") == approval)
                 and (kind == "Both" or ("ModelPackageVersion" in p) == (kind == "Versioned"))
                 and body.get("NameContains", "") in p["ModelPackageName"]
                 and p["CreationTime"] > body.get("CreationTimeAfter", 0)
                 and p["CreationTime"] < body.get("CreationTimeBefore", 1e12)]
        found.sort(key=by[body.get("SortBy", "CreationTime")], reverse=body.get("SortOrder", "Ascending") == "Descending")
        shown = ("ModelPackageName", "ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn",
                 "ModelPackageDescription", "CreationTime", "ModelPackageStatus", "ModelApprovalStatus")
        return self.paged(body, found, most, "ModelPackageSummaryList",
                          lambda p: {k: p[k] for k in shown if k in p})

    def paged(self, body, found, most, member, show):
        """One page of what was found, and the token of the next."""
        asked = hashlib.sha256(json.dumps({k: v for k, v in body.items() if k != "NextToken"},
                                          sort_keys=True).encode()).hexdigest()[:16]
        at = 0
        if "NextToken" in body:
            try:
                at, of = json.loads(base64.b64decode(body["NextToken"], validate=True))
            except ValueError:
                at, of = 0, None
            if of != asked:
                raise invalid("The pagination token is not valid for this request.")
        size = min(most, self.page or most)
        answer = {member: [show(p) for p in found[at:at + size]]}
        if at + size < len(found):
            answer["NextToken"] = base64.b64encode(json.dumps([at + size, asked]).encode()).decode()
        return answer

    # ---- Search: of model packages alone ----

    def search(self, body):
        if body.get("Resource") is None:
            raise invalid("1 validation error detected: Value null at 'resource' failed to satisfy constraint: Member "
                          "must not be null")
        if body["Resource"] not in RESOURCES:
            raise invalid("1 validation error detected: Value '%s' at 'resource' failed to satisfy constraint: Member "
                          "must satisfy enum value set: [%s]" % (body["Resource"], ", ".join(RESOURCES)))
        most = body.get("MaxResults", 10)
        if not isinstance(most, int) or not 1 <= most <= 100:
            raise invalid("1 validation error detected: Value '%s' at 'maxResults' failed to satisfy constraint" % most)
        order, by = body.get("SortOrder", "Descending"), body.get("SortBy", "LastModifiedTime")
        if order not in ("Ascending", "Descending"):
            raise invalid("1 validation error detected: Value '%s' at 'sortOrder'" % order)
        if by not in SEARCHED:
            raise invalid("Unknown property name: %s" % by)
        indexed = [p for p in self.packages.values() if p.get("_indexed_at", 0) <= self.now()]
        if body["Resource"] != "ModelPackage":
            indexed = []
        if "SearchExpression" in body:
            self.check_expression(body["SearchExpression"])
            indexed = [p for p in indexed if self.matches(body["SearchExpression"], p)]
        kind = SEARCHED[by]
        indexed.sort(key=lambda p: (by in p, p.get(by, kind()), p["ModelPackageArn"]), reverse=order == "Descending")
        return self.paged(body, indexed, most, "Results", lambda p: {
            "ModelPackage": {k: v for k, v in p.items() if not k.startswith("_")}})

    def check_expression(self, e):
        lists = [e.get(k) for k in ("Filters", "NestedFilters", "SubExpressions")]
        if not any(lists) or any(v is not None and not 1 <= len(v) <= 20 for v in lists):
            raise invalid("SearchExpression must have at least one filter, nested filter or sub expression, and at most "
                          "20 of each")
        if e.get("Operator", "And") not in ("And", "Or"):
            raise invalid("1 validation error detected: Value '%s' at 'searchExpression.operator'" % e["Operator"])
        if lists[1]:
            raise invalid("Nested filters are not supported for this resource")
        for f in e.get("Filters", []):
            name, operator, value = f.get("Name"), f.get("Operator", "Equals"), f.get("Value")
            if name not in SEARCHED:
                raise invalid("Unknown property name: %s" % name)
            if operator not in OPERATORS:
                raise invalid("1 validation error detected: Value '%s' at 'operator'" % operator)
            if operator in ("Exists", "NotExists"):
                if value is not None:
                    raise invalid("Value must not be set with operator %s" % operator)
            elif not isinstance(value, str) or not 1 <= len(value) <= 1024:
                raise invalid("Value of filter %s must be a string" % name)
            elif SEARCHED[name] is str and operator.startswith(("Greater", "Less")):
                raise invalid("Operator %s is not supported for text property %s" % (operator, name))
            elif SEARCHED[name] is float:
                seconds_of(value)
            elif SEARCHED[name] is int and not re.match(r"^-?[0-9.]+$", value):
                raise invalid("Value of filter %s must be a number" % name)
        for sub in e.get("SubExpressions", []):
            self.check_expression(sub)

    def matches(self, e, p):
        all_of = [self.passes(f, p) for f in e.get("Filters", [])]
        all_of += [self.matches(sub, p) for sub in e.get("SubExpressions", [])]
        return any(all_of) if e.get("Operator") == "Or" else all(all_of)

    def passes(self, f, p):
        name, operator = f["Name"], f.get("Operator", "Equals")
        if operator in ("Exists", "NotExists"):
            return (name in p) == (operator == "Exists")
        if name not in p:
            return operator == "NotEquals"
        kind = SEARCHED[name]
        if operator == "In":
            return str(p[name]) in f["Value"].split(",")
        wanted = seconds_of(f["Value"]) if kind is float else kind(f["Value"])
        return OPERATORS[operator](p[name], wanted)

    def update_package(self, body):
        p = self.find_package(body.get("ModelPackageArn", ""))
        if body.get("ModelApprovalStatus") not in APPROVALS + (None,):
            raise invalid("1 validation error detected: Value '%s' at 'modelApprovalStatus'" %
                          body["ModelApprovalStatus"])
        for key in ("ModelApprovalStatus", "ApprovalDescription"):
            if key in body:
                p[key] = body[key]
        if "CustomerMetadataProperties" in body:
            p.setdefault("CustomerMetadataProperties", {}).update(body["CustomerMetadataProperties"])
        p["LastModifiedTime"] = round(self.now(), 3)
        if self.index_lag:
            p["_indexed_at"] = p["LastModifiedTime"] + self.index_lag
        return {"ModelPackageArn": p["ModelPackageArn"]}

    def delete_package(self, body):
        del self.packages[self.find_package(body.get("ModelPackageName", ""))["ModelPackageArn"]]

    # ---- Pipelines ----

    def start_execution(self, body):
        name, token = body.get("PipelineName", ""), body.get("ClientRequestToken", "")
        if not 32 <= len(token) <= 128:
            raise invalid("1 validation error detected: Value '%s' at 'clientRequestToken' failed to satisfy "
                          "constraint: Member must have length greater than or equal to 32" % token)
        parameters = body.get("PipelineParameters", [])
        names = [p.get("Name", "") for p in parameters]
        if len(parameters) > 200 or len(set(names)) != len(names) or not all(
                re.match(r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}$", n) for n in names):
            raise invalid("PipelineParameters are not valid")
        if any(not isinstance(p.get("Value"), str) or len(p["Value"]) > 1024 for p in parameters):
            raise invalid("A pipeline parameter's value is not valid")
        if name not in self.pipelines:
            raise AwsError("ResourceNotFound", "Pipeline '%s' does not exist." % self.arn("pipeline", name))
        if token in self.tokens:
            arn = self.tokens[token]
            if self.executions[arn]["asked"] != [name, parameters]:
                raise invalid("ClientRequestToken was used with other parameters")
            return {"PipelineExecutionArn": arn}
        arn = self.arn("pipeline", "%s/execution/%012d" % (name, len(self.executions) + 1))
        now = round(self.now(), 3)
        self.tokens[token] = arn
        self.executions[arn] = {"asked": [name, parameters], "left": self.describes, "end": "Succeeded", "shown": {
            "PipelineArn": self.arn("pipeline", name), "PipelineExecutionArn": arn, "CreationTime": now,
            "LastModifiedTime": now, "PipelineExecutionStatus": "Executing",
            "PipelineExecutionDisplayName": "execution-%d" % len(self.executions)}}
        return {"PipelineExecutionArn": arn}

    def find_execution(self, body):
        e = self.executions.get(body.get("PipelineExecutionArn", ""))
        if e is None:
            raise AwsError("ResourceNotFound", "Pipeline execution '%s' does not exist." % body.get("PipelineExecutionArn"))
        return e

    def stop_execution(self, body):
        e, token = self.find_execution(body), body.get("ClientRequestToken", "")
        if not 32 <= len(token) <= 128:
            raise invalid("1 validation error detected: Value '%s' at 'clientRequestToken' failed to satisfy "
                          "constraint: Member must have length greater than or equal to 32" % token)
        if e.get("stopped") != token:
            if e["shown"]["PipelineExecutionStatus"] != "Executing":
                raise invalid("Pipeline execution in the status %s can't be stopped" %
                              e["shown"]["PipelineExecutionStatus"])
            e.update(stopped=token, left=1, end="Stopped")
            e["shown"]["PipelineExecutionStatus"] = "Stopping"
        return {"PipelineExecutionArn": e["shown"]["PipelineExecutionArn"]}

    def describe_execution(self, body):
        e = self.find_execution(body)
        if e["left"] > 0:
            e["left"] -= 1
        elif e["shown"]["PipelineExecutionStatus"] in ("Executing", "Stopping"):
            e["shown"]["PipelineExecutionStatus"] = e["end"]
            if e["end"] == "Failed":
                e["shown"]["FailureReason"] = ("Step failure: One or multiple steps failed. " * 100)
        return e["shown"]

    # ---- S3 ----

    def put_object(self, bucket, key, data):
        objects = self.buckets.setdefault(bucket, {})
        objects[key] = {"data": data, "etag": '"%s"' % hashlib.md5(data).hexdigest(), "at": self.now()}
        return objects[key]

    def get_object(self, bucket, key):
        if bucket not in self.buckets:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        if key not in self.buckets[bucket]:
            raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
        return self.buckets[bucket][key]

    # ---- For tests ----

    def seed(self, count, group, bucket, manifest, age=0):
        """`count` approved packages, `age` seconds old, each with a manifest (%d is its number) beside its model's
        data."""
        if group not in self.groups:
            self.create_group({"ModelPackageGroupName": group})
        for _ in range(count):
            n = self.groups[group] + 1
            folder = "%s/%d" % (group, n)
            self.put_object(bucket, folder + "/model.tar.gz", b"weights %d" % n)
            self.put_object(bucket, folder + "/spiralfed/manifest.json", manifest.replace("%d", str(n)).encode())
            arn = self.create_package({
                "ModelPackageGroupName": group, "ModelApprovalStatus": "Approved",
                "InferenceSpecification": {"Containers": [{
                    "Image": ACCOUNT + ".dkr.ecr.%s.amazonaws.com/serve:1" % self.region,
                    "ModelDataUrl": "s3://%s/%s/model.tar.gz" % (bucket, folder)}],
                    "SupportedContentTypes": ["application/json"], "SupportedResponseMIMETypes": ["application/json"]}}
            )["ModelPackageArn"]
            self.packages[arn]["CreationTime"] -= age
            self.packages[arn]["LastModifiedTime"] -= age
