"""Answers that are whole HTTP and yet no answer of the API: what stands in them, fault by fault."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate

from tegro_analytics.sandbox.faults import BROKEN, Fault
from tegro_analytics.sandbox.messages import HTML, SUCCESS, TEXT, Reply, phrase, refusal, success

DEPTH = 100_000
RAY = "8f1e5a7b9c0d1e2f-DME"

_BY_THE_EDGE = (("Server", "cloudflare"), ("CF-RAY", RAY))
_FIRST_KEY = re.compile(rb'("data":\s*\[?\{)("(?:[^"\\]|\\.)*"):')
_EMAIL = re.compile(rb'"email":\s*"(?:[^"\\]|\\.)*"')
_HALF_A_CHARACTER = rb'"email":"half\\ud83d@example.com"'


@dataclass(frozen=True, slots=True)
class Scene:
    """Hold what a wrong answer is made from: the answer of the API, and when and to what it is given."""

    fault: Fault
    real: Reply
    method: str
    now: int

    @property
    def data(self) -> bytes:
        """Take the data out of the answer; nothing is in a refusal."""
        body = self.real.body
        return body[len(SUCCESS) : -1] if body.startswith(SUCCESS) else b"{}"

    def edit(self, body: bytes, *headers: tuple[str, str]) -> Reply:
        """Change the body of the answer."""
        return replace(self.real, body=body, headers=headers)


def show(scene: Scene) -> Reply:
    """Make the answer that a fault shows."""
    name = scene.fault.name
    if name in BROKEN:
        return replace(scene.real, broken=scene.fault)
    reply = _ANSWERS[name](scene) if name in _ANSWERS else _status(scene)
    return _with_retry_after(reply, scene)


def stand_in(method: str) -> Reply:
    """Make the answer that is shown of a method that was not carried out."""
    return success(b"[]" if method in ("orders", "withdrawals") else b'{"id":0}')


def _status(scene: Scene) -> Reply:
    """Make the answer of a fault that is named for its status: 503, 503-html, 429-date, 524."""
    number, _, form = scene.fault.name.partition("-")
    status = int(number)
    if form == "json" or (500 <= status < 520 and form != "html"):
        return refusal(status, phrase(status))
    if status >= 500:
        return _page(status, f"{phrase(status)}</h1> <span>Error code {status}</span>")
    return Reply(status, phrase(status).encode("ascii"), kind=TEXT)


def _with_retry_after(reply: Reply, scene: Scene) -> Reply:
    _, _, form = scene.fault.name.partition("-")
    seconds = scene.fault.retry_after
    if seconds is None and form in ("seconds", "date"):
        seconds = 1
    if seconds is None:
        return reply
    value = formatdate(scene.now + seconds, usegmt=True) if form == "date" else str(seconds)
    return replace(reply, headers=(*reply.headers, ("Retry-After", value)))


def _page(status: int, heading: str) -> Reply:
    """Make a page of the network edge."""
    text = f"<!DOCTYPE html>\n<html><head><title>Tegro</title></head><body><h1>{heading}</body></html>\n"
    return Reply(status, text.encode("ascii"), headers=_BY_THE_EDGE, kind=HTML)


def _redirect(scene: Scene) -> Reply:
    status = int(scene.fault.name.removeprefix("redirect-"))
    return Reply(status, b"", headers=(("Location", scene.fault.location), *_BY_THE_EDGE[:1]), kind=HTML)


def _cut_gzip(scene: Scene) -> Reply:
    whole = gzip.compress(scene.real.body, mtime=0)
    return scene.edit(whole[: len(whole) // 2], ("Content-Encoding", "gzip"))


def _other_shape(scene: Scene) -> Reply:
    data = scene.data
    return success(b'{"rows":' + data + b"}" if data.startswith(b"[") else b"[" + data + b"]")


def _first_key_twice(scene: Scene) -> Reply:
    return scene.edit(_FIRST_KEY.sub(rb"\1\2:null,\2:", scene.real.body, count=1))


def _half_a_character(scene: Scene) -> Reply:
    body, found = _EMAIL.subn(_HALF_A_CHARACTER, scene.real.body, count=1)
    if not found:  # a record without e-mail gets one
        body = _FIRST_KEY.sub(rb"\1" + _HALF_A_CHARACTER + rb",\2:", body, count=1)
    return scene.edit(body)


def _json(value: object) -> Callable[[Scene], Reply]:
    return lambda _: Reply(200, json.dumps(value).encode("ascii"))


_ANSWERS: Mapping[str, Callable[[Scene], Reply]] = {
    "bad-gzip": lambda scene: scene.edit(scene.real.body, ("Content-Encoding", "gzip")),
    "cut-gzip": _cut_gzip,
    "not-json": lambda scene: scene.edit(b"Database connection failed"),
    "empty-body": lambda scene: scene.edit(b""),
    "deep-json": lambda _: success(b"[" * DEPTH + b"]" * DEPTH),
    "shape-array": lambda scene: scene.edit(b"[" + scene.real.body + b"]"),
    "shape-no-type": lambda scene: scene.edit(b'{"desc":"","data":' + scene.data + b"}"),
    "shape-type-number": lambda scene: scene.edit(b'{"type":1,"desc":"","data":' + scene.data + b"}"),
    "shape-data": _other_shape,
    "shape-data-null": _json({"type": "success", "desc": "", "data": None}),
    "shape-no-data": _json({"type": "success", "desc": ""}),
    "duplicate-keys": _first_key_twice,
    "lone-surrogate": _half_a_character,
    "nonce-refused": lambda _: refusal(200, "Wrong nonce: it must differ from the previous one"),
    "key-refused": lambda _: refusal(200, "Wrong authorization token"),
    "rejected": lambda _: refusal(200, "The request was rejected"),
    "html-200": lambda _: _page(200, "Just a moment...</h1> <p>Checking your browser</p>"),
    "html-1010": lambda _: _page(403, "Access denied</h1> <span>Error code 1010</span>"),
    "redirect-301": _redirect,
    "redirect-307": _redirect,
}
