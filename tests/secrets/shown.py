"""What a tool could show of an exception: its chain, its attributes, and the variables of every frame."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

TESTS = Path(__file__).parents[1]


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Walk an exception, its causes, its contexts and the members of groups, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def frames_of(error: BaseException) -> Iterator[FrameType]:
    """Walk the frames of a chain that are not those of a test: ours, and those of any library."""
    for one in chain_of(error):
        trace = one.__traceback__
        while trace is not None:
            if not is_of_a_test(trace.tb_frame):
                yield trace.tb_frame
            trace = trace.tb_next


def is_of_a_test(frame: FrameType) -> bool:
    return Path(frame.f_code.co_filename).is_relative_to(TESTS)


def everything_shown(error: BaseException) -> str:
    """Gather all that there is to see of an exception."""
    told = ["".join(traceback.format_exception(error))]
    for one in chain_of(error):
        told += [repr(one), str(one), repr(one.args), repr(vars(one)), repr(getattr(one, "__notes__", None))]
    for frame in frames_of(error):
        told += [f"{name}={value!r}" for name, value in frame.f_locals.items()]
        told += [repr(vars(value)) for value in frame.f_locals.values() if hasattr(value, "__dict__")]
    return "\n".join(told)
