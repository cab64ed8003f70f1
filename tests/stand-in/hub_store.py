# SPDX-License-Identifier: Apache-2.0
"""The repositories behind the Hub stand-in: commits, branches, tags, files, and what the API says of
them. No HTTP here; a refusal is a HubError with the status and the words of the real one."""

import base64
import datetime
import hashlib
import re
import threading

from hub_yaml import YamlError, front_matter, loads

LFS_NAMES = re.compile(r"\.(safetensors|bin|pt|pth|onnx|gguf|h5|msgpack|ckpt|npz|zip|gz|parquet)$")
LFS_SIZE = 10 << 20
REPO_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$")
CARD_TAGS = ("license", "base_model", "dataset")


class HubError(Exception):
    def __init__(self, status, message, code=None, **more):
        super().__init__(message)
        self.status, self.message, self.code, self.more = status, message, code, more


class Clock:
    """Real time until somebody sets it; then it moves a millisecond a look, so that order is kept."""

    def __init__(self):
        self.now = None

    def set(self, text):
        self.now = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None

    def text(self):
        if self.now:
            self.now += datetime.timedelta(milliseconds=1)
        now = self.now or datetime.datetime.now(datetime.timezone.utc)
        return now.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (now.microsecond // 1000)


def git_oid(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Blob:
    def __init__(self, data, lfs=False):
        self.data, self.size = data, len(data)
        self.sha256 = hashlib.sha256(data).hexdigest() if lfs else None
        pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
        self.pointer = pointer % (self.sha256.encode(), self.size) if lfs else None
        self.oid = git_oid(self.pointer or data)

    def entry(self, path):
        out = {"type": "file", "oid": self.oid, "size": self.size, "path": path}
        if self.sha256:
            out["lfs"] = {"oid": self.sha256, "size": self.size, "pointerSize": len(self.pointer)}
        return out

    def sibling(self, path, blobs):
        out = {"rfilename": path}
        if blobs:
            out.update(size=self.size, blobId=self.oid)
        if blobs and self.sha256:
            out["lfs"] = {"sha256": self.sha256, "size": self.size, "pointerSize": len(self.pointer)}
        return out


class Commit:
    def __init__(self, sha, parent, files, title, message, user, date):
        self.sha, self.parent, self.files = sha, parent, files
        self.title, self.message, self.user, self.date = title, message, user, date

    def json(self):
        return {"id": self.sha, "title": self.title, "message": self.message, "date": self.date,
                "authors": [{"user": self.user, "avatar": "/avatars/%s.svg" % self.user}]}


def _eval_entries(files):
    out = []
    for path in sorted(files):
        if re.match(r"\.eval_results/[^/]+\.ya?ml$", path):
            try:
                found = loads(files[path].data.decode()) or []
            except (YamlError, UnicodeDecodeError):
                continue
            out += found if isinstance(found, list) else [found]
    return out


class Repo:
    def __init__(self, store, name, visibility, user):
        self.store, self.id, self.user = store, name, user
        self.serial = hashlib.sha1(name.encode()).hexdigest()[:24]
        self.private = visibility == "private"
        self.gated, self.disabled = False, False
        self.created = store.clock.text()
        self.commits, self.branches, self.tags = {}, {}, {}
        self.overrides = {}
        self.cards = {}
        first = self.add(None, {".gitattributes": Blob(b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n")},
                         "initial commit", "", user)
        self.branches["main"] = first.sha

    def add(self, parent, files, title, message, user):
        self.store.counter += 1
        parts = [self.id, parent or "", title, message, str(self.store.counter)]
        parts += ["%s %s" % (p, files[p].oid) for p in sorted(files)]
        sha = hashlib.sha1("\n".join(parts).encode()).hexdigest()
        self.commits[sha] = Commit(sha, parent, files, title, message, user, self.store.clock.text())
        return self.commits[sha]

    def resolve(self, rev):
        for prefix, refs in (("refs/heads/", self.branches), ("refs/tags/", self.tags)):
            if rev.startswith(prefix) and rev[len(prefix):] in refs:
                return self.commits[refs[rev[len(prefix):]]]
        rev = "main" if rev == "HEAD" else rev
        sha = self.branches.get(rev) or self.tags.get(rev)
        if not sha and re.fullmatch(r"[0-9a-f]{7,40}", rev):
            found = [s for s in self.commits if s.startswith(rev)]
            sha = found[0] if len(found) == 1 else None
        if not sha:
            raise HubError(404, "Invalid rev id: " + rev, "RevisionNotFound")
        return self.commits[sha]

    def head(self):
        return self.commits[self.branches["main"]]

    def card(self, commit):
        """(metadata, model-index) of README.md, read once for each content."""
        blob = commit.files.get("README.md")
        if not blob:
            return {}, None
        if blob.oid not in self.cards:
            data = front_matter(blob.data.decode("utf-8", "replace"))
            self.cards[blob.oid] = (data, data.get("model-index"))
        return self.cards[blob.oid]

    def tag_list(self, card):
        out = [t for t in [card.get("library_name"), card.get("pipeline_tag")] if t]
        out += [t for t in card.get("tags") or [] if t not in out]
        for key in CARD_TAGS:
            values = card.get(key if key != "dataset" else "datasets") or []
            out += ["%s:%s" % (key, v) for v in (values if isinstance(values, list) else [values])]
        return out + ["region:us"]

    def info(self, commit, blobs=False):
        card, index = self.card(commit)
        out = {
            "_id": self.serial, "id": self.id, "modelId": self.id, "author": self.id.split("/")[0],
            "sha": commit.sha, "lastModified": self.head().date, "createdAt": self.created,
            "private": self.private, "disabled": self.disabled, "gated": self.gated,
            "downloads": 0, "likes": 0, "tags": self.tag_list(card),
            "pipeline_tag": card.get("pipeline_tag"), "library_name": card.get("library_name"),
            "siblings": [commit.files[p].sibling(p, blobs) for p in sorted(commit.files)],
            "cardData": card or None, "model-index": index, "spaces": [],
            "evalResults": _eval_entries(commit.files),
            "usedStorage": sum(b.size for b in commit.files.values()),
        }
        out.update(self.overrides)
        return {k: v for k, v in out.items() if v is not None}

    def refs(self):
        def one(kind, refs):
            return [{"name": n, "ref": "refs/%s/%s" % (kind, n), "targetCommit": refs[n]} for n in refs]
        return {"branches": one("heads", self.branches), "converts": [], "tags": one("tags", self.tags)}

    def history(self, commit):
        while commit:
            yield commit
            commit = self.commits.get(commit.parent)

    def tree(self, commit, folder, recursive):
        prefix = folder + "/" if folder else ""
        inside = [p for p in sorted(commit.files) if p.startswith(prefix)]
        if folder and not inside:
            raise HubError(404, "%s does not exist on \"%s\"" % (folder, commit.sha), "EntryNotFound")
        out, folders = [], set()
        for path in inside:
            parts = path[len(prefix):].split("/")
            for depth in range(1, len(parts) if recursive else min(2, len(parts))):
                name = prefix + "/".join(parts[:depth])
                if name not in folders:
                    folders.add(name)
                    oid = hashlib.sha1(b"tree " + name.encode()).hexdigest()
                    out.append({"type": "directory", "oid": oid, "size": 0, "path": name})
            if recursive or len(parts) == 1:
                out.append(commit.files[path].entry(path))
        return out


class Store:
    def __init__(self):
        self.clock, self.lock = Clock(), threading.RLock()
        self.repos, self.moved, self.uploads = {}, {}, {}
        self.counter = 0

    def find(self, name):
        return self.repos.get(self.moved.get(name, name))

    def create(self, name, visibility, user):
        parts = name.split("/")
        if len(parts) != 2 or not all(REPO_NAME.match(p) and "--" not in p and ".." not in p for p in parts):
            raise HubError(400, "Invalid repo name: %s" % name)
        if name in self.repos:
            raise HubError(409, "You already created this model repo", url="/" + name)
        self.moved.pop(name, None)
        self.repos[name] = Repo(self, name, visibility, user)
        return self.repos[name]

    def delete(self, name):
        del self.repos[name]

    def move(self, old, new):
        if new in self.repos:
            raise HubError(409, "A repo called %s is there already" % new)
        repo = self.repos.pop(old)
        repo.id = new
        self.repos[new] = repo
        self.moved[old] = new

    def tag(self, repo, rev, name):
        target = repo.resolve(rev)
        if not re.fullmatch(r"[^\s~^:?*\[\\]{1,250}", name):
            raise HubError(400, "Invalid tag name: " + name)
        if name in repo.tags:
            raise HubError(409, "Tag %s already exists" % name)
        repo.tags[name] = target.sha
        return target

    # ---- Commits ----

    def preupload(self, repo, files):
        out = []
        for f in files:
            sample = base64.b64decode(f["sample"], validate=True)
            if len(sample) != min(512, f["size"]):
                raise HubError(400, "the sample of %s is not its first 512 bytes" % f["path"])
            lfs = bool(LFS_NAMES.search(f["path"])) or f["size"] > LFS_SIZE or b"\0" in sample
            old = repo.head().files.get(f["path"])
            out.append({"path": f["path"], "uploadMode": "lfs" if lfs else "regular",
                        "shouldIgnore": False, **({"oid": old.oid} if old else {})})
        return out

    def commit(self, repo, branch, lines, user):
        """The parsed lines of an NDJSON body; (commit, did it change anything)."""
        if not lines or lines[0].get("key") != "header":
            raise HubError(400, "The first line of a commit has to be its header")
        header = lines[0]["value"]
        if not header.get("summary"):
            raise HubError(400, "\"value.summary\" is required")
        if branch not in repo.branches:
            raise HubError(404, "Invalid rev id: " + branch, "RevisionNotFound")
        head = repo.commits[repo.branches[branch]]
        parent = header.get("parentCommit")
        if parent and parent != head.sha:
            raise HubError(412, "A commit has happened since. Please refresh and try again.")
        files = dict(head.files)
        for line in lines[1:]:
            self._apply(files, line.get("key"), line.get("value"))
        self._check_card(files)
        if {p: b.oid for p, b in files.items()} == {p: b.oid for p, b in head.files.items()}:
            return head, False
        made = repo.add(head.sha, files, header["summary"], header.get("description") or "", user)
        repo.branches[branch] = made.sha
        return made, True

    def _apply(self, files, key, value):
        if key not in ("file", "lfsFile", "deletedFile", "deletedFolder") or not isinstance(value, dict):
            raise HubError(400, "Unknown operation: %s" % key)
        path = value.get("path") or ""
        if not path or path.startswith("/") or any(p in ("", ".", "..", ".git") for p in path.rstrip("/").split("/")):
            raise HubError(400, "Invalid path: " + path)
        if key == "file":
            data = value["content"]
            data = base64.b64decode(data, validate=True) if value.get("encoding") == "base64" else data.encode()
            if LFS_NAMES.search(path) or len(data) > LFS_SIZE:
                raise HubError(400, "Your push was rejected because it contains binary files: " + path)
            files[path] = Blob(data)
        elif key == "lfsFile":
            data = self.uploads.get(value.get("oid"))
            if value.get("algo") != "sha256" or data is None or len(data) != value.get("size"):
                raise HubError(400, "LFS pointer pointed to a file that does not exist: " + path)
            files[path] = Blob(data, lfs=True)
        else:
            gone = [p for p in files if p == path or (key == "deletedFolder" and p.startswith(path.rstrip("/") + "/"))]
            if not gone:
                raise HubError(400, "A file with this name doesn't exist: " + path)
            for p in gone:
                del files[p]

    @staticmethod
    def _check_card(files):
        if "README.md" not in files:
            return
        try:
            index = front_matter(files["README.md"].data.decode()).get("model-index")
        except (YamlError, ValueError) as e:
            raise HubError(400, "Invalid metadata in README.md. - %s" % e)
        for entry in index or []:
            if not isinstance(entry, dict) or not entry.get("name") or not isinstance(entry.get("results"), list):
                raise HubError(400, "Invalid metadata in README.md. - \"model-index[0]\" needs name and results")
            for result in entry["results"]:
                if not result.get("task") or not result.get("metrics"):
                    raise HubError(400, "Invalid metadata in README.md. - a result needs task and metrics")

    # ---- Listing ----

    def listing(self, author, search, filters, sort):
        found = [r for r in self.repos.values()
                 if (not author or r.id.split("/")[0].lower() == author.lower())
                 and (not search or search.lower() in r.id.lower())]
        if filters:
            wanted = {f for one in filters for f in one.split(",")}
            found = [r for r in found if wanted <= set(r.info(r.head())["tags"])]
        if sort == "id":
            return sorted(found, key=lambda r: r.id)
        key = {"createdAt": lambda r: (r.created, r.id)}.get(sort, lambda r: (r.head().date, r.id))
        return sorted(found, key=key, reverse=True)
