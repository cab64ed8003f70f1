# SPDX-License-Identifier: Apache-2.0
"""Runs the code cells of a notebook in one namespace: run.py NOTEBOOK TRAIN. What installs is left out, the
training is TRAIN instead."""

import json
import sys

notebook, train = sys.argv[1:]
space = {"__name__": "__main__"}
for cell in json.load(open(notebook))["cells"]:
    if cell["cell_type"] != "code":
        continue
    (tag,) = cell["metadata"]["tags"]
    source = open(train).read() if tag == "train" else "".join(cell["source"])
    if tag == "install":
        compile(source, tag, "exec")
        continue
    if tag == "train":
        compile("".join(cell["source"]), tag, "exec")
    exec(compile(source, tag, "exec"), space)
