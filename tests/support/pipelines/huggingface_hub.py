# SPDX-License-Identifier: Apache-2.0
"""The calls of the Hub's client that the notebook and the jobs make, over the Hub's own protocol."""

import base64
import collections
import fnmatch
import hashlib
import json
import os
import pathlib
import urllib.error
import urllib.request

ModelInfo = collections.namedtuple("ModelInfo", "sha")
CommitInfo = collections.namedtuple("CommitInfo", "oid commit_url")


class HfApi:
    def __init__(self, token=None, endpoint=None):
        self.token, self.endpoint = token or os.environ["HF_TOKEN"], endpoint or os.environ["HF_ENDPOINT"]

    def model_info(self, repo_id):
        request = urllib.request.Request(self.endpoint + "/api/models/" + repo_id,
                                         headers={"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(request, timeout=20) as reply:
            return ModelInfo(json.load(reply)["sha"])

    def post(self, path, body, content_type="application/json"):
        request = urllib.request.Request(self.endpoint + path, body, {
            "Authorization": "Bearer " + self.token, "Content-Type": content_type})
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.load(reply)

    def create_repo(self, repo_id, private=False, exist_ok=False):
        namespace, name = repo_id.split("/")
        try:
            self.post("/api/repos/create", json.dumps({"name": name, "organization": namespace, "type": "model",
                                                       "private": private}).encode())
        except urllib.error.HTTPError as e:
            if e.code != 409 or not exist_ok:
                raise

    def upload_large(self, repo_id, data):
        """As git-lfs does: ask where it goes, and put it there. Its name is its digest."""
        oid = hashlib.sha256(data).hexdigest()
        body = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": oid, "size": len(data)}]}
        answer = self.post("/%s.git/info/lfs/objects/batch" % repo_id, json.dumps(body).encode(),
                           "application/vnd.git-lfs+json")
        upload = answer["objects"][0].get("actions", {}).get("upload")
        if upload:
            request = urllib.request.Request(upload["href"], data, upload.get("header", {}), method="PUT")
            urllib.request.urlopen(request, timeout=20).close()
        return oid

    def upload_folder(self, repo_id, folder_path, allow_patterns, commit_message):
        lines = [{"key": "header", "value": {"summary": commit_message, "description": ""}}]
        for file in sorted(pathlib.Path(folder_path).iterdir()):
            data = file.read_bytes()
            if not any(fnmatch.fnmatch(file.name, p) for p in allow_patterns):
                continue
            if file.suffix == ".safetensors":
                value = {"path": file.name, "algo": "sha256", "oid": self.upload_large(repo_id, data), "size": len(data)}
                lines.append({"key": "lfsFile", "value": value})
            else:
                lines.append({"key": "file", "value": {"content": base64.b64encode(data).decode(), "path": file.name,
                                                       "encoding": "base64"}})
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        made = self.post("/api/models/%s/commit/main" % repo_id, body, "application/x-ndjson")
        return CommitInfo(made["commitOid"], made["commitUrl"])
