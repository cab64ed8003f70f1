# SPDX-License-Identifier: Apache-2.0
"""The YAML of model cards, as far as cards use it: block maps and lists, quoted and plain scalars, flow
lists and maps, | and > blocks. Anchors, tags and complex keys are refused, as the Hub refuses a card
that it cannot read."""

import json
import re


class YamlError(ValueError):
    pass


def front_matter(text):
    """The metadata of a README.md: {} when it has none."""
    match = re.match(r"---[ \t]*\r?\n(.*?)^---[ \t]*$", text, re.S | re.M)
    data = loads(match.group(1)) if match else {}
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise YamlError("the metadata is no mapping")
    return data


def loads(text):
    reader = _Reader(text)
    value = reader.block(0)
    if reader.peek() is not None:
        raise YamlError("line %d is not indented as what stands before it" % reader.number())
    return value


def _plain(text):
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if re.fullmatch(r"[-+]?[0-9]+", text):
        return int(text)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text):
        return float(text)
    return text


class _Flow:
    """[a, {b: c}, "d"]"""

    def __init__(self, text):
        self.text, self.at = text, 0

    def skip(self):
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1

    def value(self):
        self.skip()
        head = self.text[self.at : self.at + 1]
        if head == "[":
            return self.items("]", self.value)
        if head == "{":
            return dict(self.items("}", self.pair))
        return self.scalar()

    def items(self, end, one):
        out = []
        self.at += 1
        while True:
            self.skip()
            if self.text[self.at : self.at + 1] == end:
                self.at += 1
                return out
            out.append(one())
            self.skip()
            if self.text[self.at : self.at + 1] == ",":
                self.at += 1
            elif self.text[self.at : self.at + 1] != end:
                raise YamlError("a flow collection is not closed: " + self.text)

    def pair(self):
        key = self.scalar()
        self.skip()
        if self.text[self.at : self.at + 1] != ":":
            raise YamlError("a flow mapping lacks a colon: " + self.text)
        self.at += 1
        return key, self.value()

    def scalar(self):
        quoted = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\"").match(self.text, self.at)
        found = quoted or re.compile(r"[^,\[\]{}:]*(?::[^ ,\]}][^,\[\]{}:]*)*").match(self.text, self.at)
        self.at = found.end()
        return _unquote(found.group()) if quoted else _plain(found.group().strip())


def _unquote(text):
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    fixed = re.sub(r"\\x([0-9A-Fa-f]{2})", r"\\u00\1", text)
    return json.loads(fixed.replace("\\'", "'"))


def _scalar(text):
    if text[:1] in ("&", "*", "!", "@", "`", "%"):
        raise YamlError("cannot read " + text)
    if text[:1] in ("[", "{"):
        flow = _Flow(text)
        value = flow.value()
        flow.skip()
        if flow.at != len(text) and text[flow.at] != "#":
            raise YamlError("something stands behind " + text[: flow.at])
        return value
    quoted = re.match(r"('(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\")\s*(#.*)?$", text)
    if quoted:
        return _unquote(quoted.group(1))
    if text[:1] in ("'", '"'):
        raise YamlError("a quote is not closed: " + text)
    return _plain(re.sub(r"(^|\s)#.*$", "", text).strip())


_KEY = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\"|[^\s#'\"\[\]{}&*!|>%@`-][^:#]*?|-[^\s:][^:#]*?)\s*:(?:\s+(.*)|$)")


class _Reader:
    def __init__(self, text):
        self.lines = text.split("\n")
        self.at = 0

    def number(self):
        return self.at + 1

    def peek(self):
        """(indent, text) of the next line that says something, or None."""
        while self.at < len(self.lines):
            line = self.lines[self.at].rstrip("\r ")
            text = line.lstrip(" ")
            if text.startswith("\t"):
                raise YamlError("line %d is indented by a tab" % self.number())
            if text and not text.startswith("#"):
                return len(line) - len(text), text
            self.at += 1
        return None

    def block(self, least):
        head = self.peek()
        if head is None or head[0] < least:
            return None
        indent, text = head
        if text == "-" or text.startswith("- "):
            return self.sequence(indent)
        if _KEY.match(text):
            return self.mapping(indent)
        self.at += 1
        return _scalar(text)

    def sequence(self, indent):
        out = []
        while True:
            head = self.peek()
            if head is None or head[0] != indent or not (head[1] == "-" or head[1].startswith("- ")):
                return out
            rest = head[1][1:]
            if not rest.strip():
                self.at += 1
                out.append(self.block(indent + 1))
                continue
            # What follows the dash stands as if on a line of its own, that far to the right.
            self.lines[self.at] = " " * (indent + 1) + rest
            out.append(self.block(indent + 1))

    def mapping(self, indent):
        out = {}
        while True:
            head = self.peek()
            if head is None or head[0] != indent:
                return out
            found = _KEY.match(head[1])
            if not found:
                raise YamlError("line %d is neither key nor list" % self.number())
            key = _unquote(found.group(1)) if found.group(1)[0] in "'\"" else found.group(1)
            if key in out:
                raise YamlError("duplicated mapping key %s in line %d" % (key, self.number()))
            self.at += 1
            out[key] = self.value(indent, (found.group(2) or "").strip())

    def value(self, indent, text):
        if re.match(r"[|>][-+]?$", text):
            return self.literal(indent, text)
        if text and not text.startswith("#"):
            return _scalar(self.folded(indent, text))
        head = self.peek()
        if head and head[0] == indent and (head[1] == "-" or head[1].startswith("- ")):
            return self.sequence(indent)
        return self.block(indent + 1)

    def folded(self, indent, text):
        """A flow collection or a scalar that goes on in the next lines."""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip() or len(line) - len(line.lstrip(" ")) <= indent:
                return text
            text += " " + line.strip()
            self.at += 1
        return text

    def literal(self, indent, mark):
        taken = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                break
            taken.append(line)
            self.at += 1
        width = min((len(l) - len(l.lstrip(" ")) for l in taken if l.strip()), default=0)
        body = [l[width:] for l in taken]
        text = "\n".join(body) if mark[0] == "|" else " ".join(l.strip() for l in body)
        return text.rstrip("\n ") + ("" if mark.endswith("-") else "\n")
