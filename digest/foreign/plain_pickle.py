"""Reads pickles that hold nothing but texts, numbers, lists, sets and mappings of texts. Only the
opcodes for these are followed, from a listing of them; there is none among them that imports,
calls or makes an object, so that a hostile pickle can do nothing."""

import pickletools
from collections.abc import Callable
from typing import Any

MOST_OPCODES = 5_000_000
_MARK = object()
_ARGUMENT = {
    *("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "BININT", "BININT1", "BININT2", "LONG1"),
    "BINFLOAT",
}
_MADE: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_SET": set,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "MARK": lambda: _MARK,
}
_IGNORED = {"PROTO", "FRAME"}


class NotPlain(Exception):
    """The pickle is broken, or holds something else; the message says what."""


def load(pickled: bytes) -> Any:
    """The value of a pickle of protocol 4 or 5.

    Raises:
        NotPlain: It is none, or there is more in it than plain values.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        for number, (opcode, argument, _) in enumerate(pickletools.genops(pickled)):
            if number > MOST_OPCODES:
                raise NotPlain("more values than anybody has tags")
            if opcode.name == "STOP":
                return stack.pop()
            _step(opcode.name, argument, stack, memo)
    except (ValueError, IndexError, KeyError, TypeError, RecursionError) as error:
        raise NotPlain(f"a broken pickle: {error}") from error
    raise NotPlain("a pickle that is cut off")


def _step(name: str, argument: Any, stack: list[Any], memo: dict[int, Any]) -> None:
    if name in _ARGUMENT:
        stack.append(argument)
    elif name in _MADE:
        stack.append(_MADE[name]())
    elif name == "MEMOIZE":
        memo[len(memo)] = stack[-1]
    elif name in ("BINGET", "LONG_BINGET"):
        stack.append(memo[argument])
    elif name in ("ADDITEMS", "APPENDS", "SETITEMS"):
        _fill(stack, _since_mark(stack))
    elif name in ("APPEND", "SETITEM"):
        count = 1 if name == "APPEND" else 2
        items = [stack.pop() for _ in range(count)][::-1]
        _fill(stack, items)
    elif name == "FROZENSET":
        stack.append(set(map(_text, _since_mark(stack))))
    elif name not in _IGNORED:
        raise NotPlain(f"a pickle with the opcode {name}, which no list of tags needs")


def _since_mark(stack: list[Any]) -> list[Any]:
    items: list[Any] = []
    while (item := stack.pop()) is not _MARK:
        items.append(item)
    return items[::-1]


def _fill(stack: list[Any], items: list[Any]) -> None:
    """Put items into the collection on top of the stack."""
    match stack[-1]:
        case set() as found:
            found.update(map(_text, items))
        case list() as found:
            found.extend(items)
        case dict() as found:
            found.update(zip(map(_text, items[::2]), items[1::2], strict=True))
        case _:
            raise NotPlain("a broken pickle: items without a collection")


def _text(value: Any) -> str:
    """Only texts are hashed: that takes time in proportion to their length."""
    if not isinstance(value, str):
        raise NotPlain(f"a {type(value).__name__} where a text should be")
    return value
