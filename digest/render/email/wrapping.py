"""Lines of plain text that fit a window."""

import re

WIDTH = 72
_MARGIN = re.compile(r"\s*(?:\d+\.\s+|[-*•]\s+)?")


def wrapped(line: str, width: int = WIDTH) -> list[str]:
    """A line as several of at most ``width`` characters, each further one indented like the text
    of the first; a longer word, such as an address, stays whole."""
    if len(line) <= width:
        return [line.rstrip()]
    margin = _MARGIN.match(line)
    start = margin[0] if margin else ""
    indent = " " * len(start)
    words = line[len(start) :].split()
    lines, current = [], start + words[0] if words else ""
    for word in words[1:]:
        if len(current) + 1 + len(word) > width:
            lines.append(current)
            current = indent + word
        else:
            current += f" {word}"
    return [*lines, current]
