# SPDX-License-Identifier: Apache-2.0
"""What the stand-in for Google holds: models with versions and evaluations, buckets with objects. Answers
are proto3 JSON: what is empty is left out, 64-bit integers are strings."""

import base64
import hashlib
import json
import re
import threading
import time


class GcpError(Exception):
    """An answer in the form of google.rpc.Status."""

    def __init__(self, status, name, message, **more):
        super().__init__(message)
        self.status, self.name, self.message, self.more = status, name, message, more


def not_found(what):
    return GcpError(404, "NOT_FOUND", what)


def invalid(what):
    return GcpError(400, "INVALID_ARGUMENT", what)


def snake(name):
    return re.sub("[A-Z]", lambda m: "_" + m.group().lower(), name)


def camel(name):
    return re.sub("_([a-z])", lambda m: m.group(1).upper(), name)


def _crc_table():
    table = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
        table.append(i)
    return table


CRC_TABLE = _crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return base64.b64encode((crc ^ 0xFFFFFFFF).to_bytes(4, "big")).decode()


class Object:
    def __init__(self, bucket, name, data, content_type, generation, now):
        self.bucket, self.name, self.data, self.generation = bucket, name, data, generation
        self.content_type, self.now = content_type, now
        self.md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
        self.crc = crc32c(data)

    def etag(self):
        return "CN%xEAE=" % self.generation

    def metadata(self, base):
        link = "%s/storage/v1/b/%s/o/%s" % (base, self.bucket, self.name.replace("/", "%2F"))
        return {
            "kind": "storage#object", "id": "%s/%s/%d" % (self.bucket, self.name, self.generation),
            "selfLink": link, "mediaLink": link + "?generation=%d&alt=media" % self.generation,
            "name": self.name, "bucket": self.bucket, "generation": str(self.generation), "metageneration": "1",
            "contentType": self.content_type, "storageClass": "STANDARD", "size": str(len(self.data)),
            "md5Hash": self.md5, "crc32c": self.crc, "etag": self.etag(), "timeCreated": self.now,
            "updated": self.now}


# ---- Filters and orders of lists ----

TERM = re.compile(r'\s*([A-Za-z_]+(?:\.[A-Za-z0-9_-]+)?)\s*(!=|=|:)\s*("(?:[^"\\]|\\.)*"|\*|[^\s"]+)\s*(?:AND\s+|and\s+|$)?')
FILTERED = {"model", "display_name", "labels", "base_model_name"}
ORDERED = {"create_time", "update_time", "display_name"}


def terms_of(text):
    out, at = [], 0
    while at < len(text.rstrip()):
        m = TERM.match(text, at)
        if not m:
            raise invalid("Invalid filter: could not parse at position %d: %s" % (at, text))
        field, op, value = m.groups()
        name, _, key = field.partition(".")
        if snake(name) not in FILTERED or (snake(name) == "labels") != bool(key):
            raise invalid("Invalid filter: unsupported field %s" % field)
        if op == ":" and value != "*":
            raise invalid("Invalid filter: unsupported value for `:` %s" % value)
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        out.append((snake(name), key, op, value))
        at = m.end()
    return out


def matches(model, terms):
    for name, key, op, value in terms:
        if name == "labels":
            have = model["labels"].get(key)
        elif name == "model":
            have = model["name"].rsplit("/", 1)[1]
        else:
            have = model.get(camel(name))
        if op == ":" and have is None:
            return False
        if op == "=" and have != value or op == "!=" and have == value:
            return False
    return True


def order_of(text):
    words = text.split()
    if not words or len(words) > 2 or snake(words[0]) not in ORDERED or words[1:] not in ([], ["desc"], ["asc"]):
        raise invalid("Invalid order_by: %s" % text)
    return camel(snake(words[0])), words[1:] == ["desc"]


def shown(thing, mask=None):
    """Without what is empty, as proto3 JSON has it; of `mask` only."""
    out = {k: v for k, v in thing.items() if v not in (None, "", [], {}, 0, False)}
    if mask:
        wanted = {camel(snake(m.split(".")[0])) for m in mask.split(",")}
        if wanted - set(thing) - KNOWN:
            raise invalid("Invalid field mask: %s" % mask)
        out = {k: v for k, v in out.items() if k in wanted}
    return out


KNOWN = {"name", "versionId", "versionAliases", "versionCreateTime", "versionUpdateTime", "displayName", "description",
         "versionDescription", "metadata", "artifactUri", "createTime", "updateTime", "etag", "labels",
         "modelSourceInfo", "pipelineJob", "trainingPipeline", "baseModelSource", "metadataSchemaUri",
         "containerSpec", "supportedExportFormats", "defaultCheckpointId"}
SETTABLE = {"displayName", "description", "versionDescription", "labels", "versionAliases", "artifactUri", "metadata",
            "metadataSchemaUri", "containerSpec", "pipelineJob"}


class Store:
    def __init__(self):
        self.lock = threading.RLock()
        self.models = {}       # "projects/p/locations/l/models/id" -> {versionId: model}
        self.evaluations = {}  # "...models/id@version" -> {id: evaluation}
        self.buckets = {}      # name -> {object name: Object}
        self.operations = {}
        self.serial, self.counter, self.now_at, self.cache = 1700000000000000, 0, None, {}

    def seconds(self):
        return time.time() if self.now_at is None else self.now_at

    def stamp(self):
        """Each a microsecond later than the one before, at least."""
        micros = max(int(self.seconds() * 1e6), getattr(self, "last", 0) + 1)
        self.last = micros
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(micros // 1000000))
        return "%s.%06dZ" % (text, micros % 1000000)

    def touch(self, model):
        self.counter += 1
        model["etag"] = "AMEw9yO" + hashlib.sha1(json.dumps(
            [model["name"], model["versionId"], self.counter]).encode()).hexdigest()[:24]

    # ---- Models ----

    def upload(self, parent, model, parent_model=None, model_id=None):
        unknown = set(model) - KNOWN
        if unknown:
            raise GcpError(400, "INVALID_ARGUMENT", 'Invalid JSON payload received. Unknown name "%s" at \'model\': '
                           "Cannot find field." % sorted(unknown)[0])
        if not model.get("displayName"):
            raise invalid("List of found errors:\t1.Field: model.display_name; Message: Required field is not set.")
        if parent_model:
            versions = self.versions(parent_model)
            name = parent_model.split("@")[0]
        else:
            self.serial += 1
            name = "%s/models/%s" % (parent, model_id or str(self.serial)[2:])
            if name in self.models:
                raise GcpError(409, "ALREADY_EXISTS", "Model %s already exists." % name)
            versions = self.models[name] = {}
        now, version = self.stamp(), str(max([int(v) for v in versions] or [0]) + 1)
        first = next(iter(versions.values()), None)
        made = {"name": name, "versionId": version, "versionAliases": [], "versionCreateTime": now,
                "versionUpdateTime": now, "createTime": first["createTime"] if first else now, "updateTime": now,
                "labels": {}, "modelSourceInfo": {"sourceType": "CUSTOM"}}
        made.update({k: v for k, v in model.items() if k in SETTABLE})
        versions[version] = made
        if not first or "default" in made["versionAliases"]:
            for other in versions.values():
                other["versionAliases"] = [a for a in other["versionAliases"] if a != "default"]
            made["versionAliases"] = ["default"] + [a for a in made["versionAliases"] if a != "default"]
        for other in versions.values():
            other["updateTime"] = now
            self.touch(other)
        return made

    def versions(self, name):
        versions = self.models.get(name.split("@")[0])
        if versions is None:
            raise not_found("The Model does not exist: %s" % name)
        return versions

    def model(self, name):
        versions = self.versions(name)
        wanted = name.partition("@")[2] or "default"
        for version, model in versions.items():
            if wanted == version or wanted in model["versionAliases"]:
                return model
        raise not_found("The Model does not exist: %s" % name)

    def changed(self, model):
        model["versionUpdateTime"] = now = self.stamp()
        for other in self.models[model["name"]].values():
            other["updateTime"] = now
        self.touch(model)

    def patch(self, name, change, mask):
        model = self.model(name)
        for field in (mask or ",".join(change)).split(","):
            key = camel(snake(field))
            if key not in {"displayName", "description", "versionDescription", "labels"}:
                raise invalid("Invalid update_mask: %s" % field)
            model[key] = change.get(key, {} if key == "labels" else "")
        self.changed(model)
        return model

    def merge_aliases(self, name, aliases):
        model, versions = self.model(name), self.versions(name)
        for alias in aliases:
            bare = alias.lstrip("-")
            if not re.fullmatch("[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]", bare):
                raise invalid("Invalid version alias: %s" % alias)
            if alias.startswith("-"):
                if bare == "default":
                    raise invalid("The default alias can not be removed.")
                model["versionAliases"] = [a for a in model["versionAliases"] if a != bare]
                continue
            for other in versions.values():
                other["versionAliases"] = [a for a in other["versionAliases"] if a != bare]
            model["versionAliases"].append(bare)
        self.changed(model)
        return model

    def delete(self, name):
        if self.models.pop(self.model(name)["name"], None):
            self.counter += 1

    def listing(self, parent, text, order):
        key = (parent, text, order)
        if self.cache.get("counter") != self.counter:
            self.cache = {"counter": self.counter}
        if key not in self.cache:
            terms = terms_of(text)
            found = [self.model(n) for n in self.models if n.startswith(parent + "/models/")]
            found = [m for m in found if matches(m, terms)]
            field, down = order_of(order) if order else ("createTime", True)
            self.cache[key] = sorted(found, key=lambda m: (m[field], m["name"]), reverse=down)
        return self.cache[key]

    # ---- Evaluations ----

    def evaluate(self, name, evaluation, created=None):
        model = self.model(name)
        at = "%s@%s" % (model["name"], model["versionId"])
        self.serial += 1
        made = {"name": "%s/evaluations/%d" % (at, self.serial), "createTime": created or self.stamp()}
        made.update({k: evaluation[k] for k in ("displayName", "metricsSchemaUri", "metrics", "sliceDimensions",
                                                "metadata") if k in evaluation})
        self.evaluations.setdefault(at, {})[str(self.serial)] = made
        self.counter += 1
        return made

    def evaluations_of(self, name):
        model = self.model(name)
        return list(self.evaluations.get("%s@%s" % (model["name"], model["versionId"]), {}).values())

    # ---- Objects ----

    def put(self, bucket, name, data, content_type="application/octet-stream"):
        self.serial += 1
        self.counter += 1
        made = Object(bucket, name, data, content_type, self.serial, self.stamp())
        self.buckets.setdefault(bucket, {})[name] = made
        return made

    def seed(self, parent, count, labels, bucket, manifest):
        """Many models at once, each with its manifest."""
        for i in range(count):
            path = "seed/%d" % i
            self.upload(parent, {"displayName": "seed-%d" % i, "labels": labels,
                                 "artifactUri": "gs://%s/%s" % (bucket, path)})
            if manifest:
                self.put(bucket, path + "/spiralfed/manifest.json", manifest.replace("%d", str(i)).encode(),
                         "application/json")
