"""Whether a template can be styled once and filled many times.

The shipped ones can, as the tests show. An operator's is looked through: it must print its values
as they are, and its style must not depend on how many neighbours an element has. What cannot be
seen so is tried with ``digest.render.email.probes``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import meta, nodes

from digest.render.templates import Templates

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_RULE = re.compile(r"@[^{;]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_SELECTORS = re.compile(r"([^{}]+)\{[^{}]*\}")
_BY_SIBLINGS = re.compile(r"[+~]|:(?:nth|first|last|only|empty|not|has|is|where)\b")


def selects_by_siblings(style: str) -> str:
    """The first selector whose match can depend on an element's neighbours; else nothing.

    Rules inside ``@media`` are not looked at: they are not written into elements.
    """
    rules = _AT_RULE.sub("", _COMMENT.sub("", style))
    for selectors in _SELECTORS.findall(rules):
        for selector in selectors.split(","):
            if _BY_SIBLINGS.search(selector):
                return " ".join(selector.split())
    return ""


def computes(templates: Templates, name: str) -> str:
    """Where the template, or one it includes, does more with a value than to print it or to go
    through it with ``{% each %}``, as ``email.html.j2:12``; else nothing."""
    tree = templates.parse(name)
    for found in _computed(tree):
        return f"{name}:{found.lineno}"
    for included in meta.find_referenced_templates(tree):
        found_there = computes(templates, included) if included else name
        if found_there:
            return found_there
    return ""


def _computed(node: nodes.Node) -> Iterator[nodes.Node]:
    """Uses of a value by anything but a print or the tag ``each``."""
    passes_on = isinstance(node, nodes.Output) or (
        isinstance(node, nodes.Call) and isinstance(node.node, nodes.ExtensionAttribute)
    )
    for child in node.iter_child_nodes():
        if passes_on and _is_value(child):
            continue
        if isinstance(child, nodes.Name) and child.ctx == "load":
            yield child
        yield from _computed(child)


def _is_value(node: nodes.Node) -> bool:
    """A name, or a field of one; the counters of a loop are no values."""
    while isinstance(node, nodes.Getattr):
        node = node.node
    return isinstance(node, nodes.Name) and node.name != "loop"
