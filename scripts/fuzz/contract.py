"""The contract that is tested, and what it says that no schema can say: `x-beyond-schema`."""

import json
import os

with open(os.environ["LATCHKEY_FUZZ_CONTRACT"], encoding="utf-8") as file:
    CONTRACT = json.load(file)
SURFACE = os.environ["LATCHKEY_FUZZ_SURFACE"]
MARK = "x-beyond-schema"
# How an answer may call what the contract has under another name.
ALIASES = {"knowledgeBasePk": "knowledgeBaseId"}


def resolved(node):
    while isinstance(node, dict) and "$ref" in node:
        target = CONTRACT
        for step in node["$ref"][2:].split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def marked(node):
    """The names of the fields and parameters below a node that carry the mark; an empty one for the node itself."""
    node = resolved(node)
    if isinstance(node, list):
        return set().union(*map(marked, node))
    if not isinstance(node, dict):
        return set()
    names = {node.get("name", "")} if MARK in node else set()
    for name, schema in node.get("properties", {}).items():
        if MARK in schema or MARK in resolved(schema):
            names.add(name)
        names |= marked(schema) - {""}
    below = [node[name] for name in ("parameters", "requestBody", "schema", "items", "allOf", "oneOf", "anyOf") if name in node]
    return names.union(*(marked(one) - {""} for one in [*below, *node.get("content", {}).values()]))
