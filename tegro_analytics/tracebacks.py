"""Where exceptions come out: what they saw inside stays inside.

A traceback keeps every frame that it passed, and each frame keeps its variables: signatures, bodies, tables
with addresses of people. ``%xmode Verbose``, ``pytest --showlocals``, ``rich`` and debuggers print them. So
the outermost functions of the package cut it: below them there is no frame to look into.

An exception that is not the package's own keeps the places that it passed as a note: files, lines and code,
no value.
"""

from __future__ import annotations

import functools
import inspect
import traceback
import types
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from tegro_analytics.exceptions import TegroError

__all__ = ["bare", "opaque", "opaque_methods"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)

_SPECIAL = ("__init__", "__enter__", "__exit__", "__next__")
"""What is called from outside besides the methods with a public name."""


def bare(error: BaseException) -> BaseException:
    """Take off an exception what it brought along: frames, and the exceptions that came before it.

    Examples
    --------
    >>> def count(text):
    ...     return int(text)
    >>> try:
    ...     count("seven")
    ... except ValueError as error:
    ...     told = bare(error)
    >>> told.__traceback__ is None, told.__notes__[0].splitlines()[0]
    (True, 'Inside tegro_analytics it passed:')
    """
    if isinstance(error, RuntimeError) and str(error) == "Query interrupted":  # so DuckDB tells of Ctrl-C
        error = KeyboardInterrupt("Interrupted. What was read before stands")
    ours = isinstance(error, TegroError | Warning | StopIteration)
    if isinstance(error, Exception) and not ours and not hasattr(error, "__notes__"):
        passed = error.__traceback__ and error.__traceback__.tb_next
        if passed:
            error.add_note(
                "Inside tegro_analytics it passed:\n" + "".join(traceback.format_tb(passed)).rstrip()
            )
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def opaque(function: Callable[P, R]) -> Callable[P, R]:
    """Let no exception of a function carry frames from inside it, nor the arguments that it was given.

    Examples
    --------
    >>> @opaque
    ... def half(number):
    ...     secret = "not to be seen"
    ...     return number / 0
    >>> try:
    ...     half(7)
    ... except ZeroDivisionError as error:
    ...     outermost = error.__traceback__.tb_next
    >>> outermost.tb_frame.f_code.co_name, outermost.tb_frame.f_locals["given"], outermost.tb_next
    ('half', (), None)
    """
    strip = bare  # a free variable: the globals of the function below are those of another module

    def outermost(*given: P.args, **named: P.kwargs) -> R:
        __tracebackhide__ = True  # there is nothing to see in here, say IPython and pytest
        try:
            return function(*given, **named)
        except BaseException as error:  # noqa: BLE001  Ctrl-C too: it is raised again, below
            caught = error
        # Out here the handler has ended, so that what is raised does not remember where it was caught.
        given, named = (), {}  # type: ignore[assignment]
        try:
            raise strip(caught)  # what happened is told by the message; what was seen inside stays inside
        finally:
            del caught

    # A traceback names the function that was called; doctest looks for it in the space of its module.
    code = outermost.__code__.replace(co_name=function.__name__, co_qualname=function.__qualname__)
    space = getattr(inspect.unwrap(function), "__globals__", {})
    shown = types.FunctionType(code, space, function.__name__, None, outermost.__closure__)
    shown.is_opaque = True  # type: ignore[attr-defined]
    return functools.update_wrapper(shown, function)


def opaque_methods(owner: C) -> C:
    """Make every public method of a class opaque, those that it inherits too."""
    for name, member in inspect.getmembers(owner, inspect.isfunction):
        public = not name.startswith("_") or name in _SPECIAL
        if public and not hasattr(member, "is_opaque"):
            setattr(owner, name, opaque(member))
    return owner
