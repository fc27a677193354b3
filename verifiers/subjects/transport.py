"""JSON over HTTP to one server: bounded, patient, and silent about keys and contents.

Certificates are verified; no redirect is followed; answers are bounded in size and time. What passes by waiting (429, 5xx,
a broken connection) is tried again, with waits that double from one second up to a minute, or as long as the server's
Retry-After says (RFC 9110, section 10.2.3). No error repeats what was sent or received: either may hold the target or a key.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from .error import SubjectError

ATTEMPTS = 6
LONGEST_WAIT = 60.0
LONGEST_ASKED = 300.0
"""Seconds. Waits of our own, and the longest that a server may ask for."""
LARGEST = 1 << 24
"""Bytes of an answer."""
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
_MEANING = {
    400: "it does not take this request; perhaps it cannot do what the bindings say of it, or the text is too long",
    401: "it does not accept the key, or none was given (`key_env`)",
    402: "it asks for payment",
    403: "it does not accept the key, or the key may not use this model",
    404: "it has no such path or model",
    413: "the request is too large for it",
    422: "it does not take this request; perhaps it cannot do what the bindings say of it, or the text is too long",
}


class _PassingError(Exception):
    """A failure that may be gone the next time: what it was, and how long the server asks to wait."""

    def __init__(self, what: str, wait: float | None = None) -> None:
        self.what, self.wait = what, wait
        super().__init__(what)


class Transport:
    """A server, and how fast it may be asked. Threads may share it; each has a connection of its own."""

    def __init__(
        self,
        url: str,
        name: str,
        *,
        key: str | None = None,
        timeout: float = 60.0,
        per_minute: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`url`: of the server, with the path that all requests share. `name`: for messages. `timeout`: seconds that one
        answer may take, from the request on."""
        parts = urlsplit(url)
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname or "", parts.port
        self._path, self._name, self._timeout = parts.path.rstrip("/"), name, timeout
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"
        self._step = 60.0 / per_minute if per_minute else 0.0
        self._sleep, self._clock = sleep, clock
        self._next, self._lock = 0.0, threading.Lock()
        self._own = threading.local()

    def __repr__(self) -> str:
        return f"Transport({self._name})"

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that the server answers with. Raises `SubjectError` when there is none after all attempts."""
        data = json.dumps(body).encode()
        for attempt in range(ATTEMPTS):
            self._wait_for_turn()
            try:
                return self._once(path, data)
            except _PassingError as failure:
                if attempt + 1 == ATTEMPTS:
                    raise self._error(f"{failure.what}, {ATTEMPTS} times in a row") from None
                if failure.wait is not None and failure.wait > LONGEST_ASKED:
                    raise self._error(f"{failure.what}, and it asks to wait {failure.wait:.0f} s") from None
                own = min(LONGEST_WAIT, 2.0**attempt) * random.uniform(0.5, 1.0)  # apart, so that threads do not return together
                self._sleep(own if failure.wait is None else failure.wait)
        raise AssertionError("the last attempt returns or raises")

    def _error(self, text: str) -> SubjectError:
        return SubjectError(f"{self._name}: {text}")

    def _wait_for_turn(self) -> None:
        """Holds requests to the declared rate."""
        if not self._step:
            return
        with self._lock:
            turn = max(self._clock(), self._next)
            self._next = turn + self._step
        self._sleep(max(0.0, turn - self._clock()))

    def _once(self, path: str, data: bytes) -> dict[str, Any]:
        connection = self._connection()
        try:
            with self._in_time(connection) as held:
                connection.request("POST", f"{self._path}{path}", body=data, headers=self._headers)
                held.append(connection.sock)  # a reply that ends with the connection takes it away from there
                response = connection.getresponse()
                status, found = response.status, response.read(LARGEST + 1)
        except ssl.SSLCertVerificationError as error:
            self._drop()
            raise self._error(f"its certificate cannot be verified: {error.verify_message}") from None
        except TimeoutError:
            self._drop()
            raise _PassingError(f"no whole answer came within {self._timeout:g} s") from None
        except (OSError, http.client.IncompleteRead) as error:
            self._drop()
            raise _PassingError(f"the connection failed ({type(error).__name__})") from None
        except http.client.HTTPException as error:  # too many headers, too long a line, no status: it would come again
            self._drop()
            raise self._error(f"what it sends is not HTTP ({type(error).__name__})") from None
        if len(found) > LARGEST:
            self._drop()
            raise self._error(f"its answer is larger than {LARGEST >> 20} MiB")
        if status in _PASSING:
            raise _PassingError(f"it answered with HTTP status {status}", _asked_wait(response.getheader("Retry-After")))
        if 300 <= status < 400:
            raise self._error("it points to another address; redirects are not followed: bind the address itself")
        if status != 200:
            meaning = _MEANING.get(status)
            raise self._error(f"it answered with HTTP status {status}{': ' + meaning if meaning else ''}")
        return self._object(found)

    def _object(self, data: bytes) -> dict[str, Any]:
        try:
            found = json.loads(data, parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise self._error("what it sends is not JSON") from None
        if not isinstance(found, dict):
            raise self._error("what it sends is not a JSON object")
        return found

    def _connection(self) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if kept is None:
            if self._secure:
                context = ssl.create_default_context()
                kept = http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=context)
            else:
                kept = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
            self._own.connection = kept
        return kept

    def _drop(self) -> None:
        connection = getattr(self._own, "connection", None)
        if connection is not None:
            connection.close()
            self._own.connection = None

    @contextmanager
    def _in_time(self, connection: http.client.HTTPConnection) -> Iterator[list[socket.socket]]:
        """Ends an exchange that goes on for longer than allowed, however steadily it drips. Raises `TimeoutError`."""
        late = threading.Event()
        held: list[socket.socket] = []

        def end() -> None:
            late.set()
            for one in (*held, connection.sock):
                with suppress(OSError, AttributeError):
                    one.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._timeout, end)
        timer.daemon = True
        timer.start()
        try:
            yield held
        except (OSError, http.client.HTTPException):
            if late.is_set():
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()
        if late.is_set():
            raise TimeoutError


def _asked_wait(header: str | None) -> float | None:
    """Seconds of a Retry-After header, whole seconds or a date; None for none that can be read."""
    if header is None:
        return None
    if header.strip().isdecimal() and len(header) < 10:
        return float(header)
    with suppress(ValueError, TypeError, OverflowError):
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    return None


def _no_number(text: str) -> float:
    raise ValueError(text)
