"""A server that fails for a moment is waited for, one that fails for good is told in words, and nothing sent is repeated."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from server import Reply, Server, error, reply, serving, slowly

from unlearn_spec.verifiers.subjects import SubjectError, transport
from unlearn_spec.verifiers.subjects.transport import ATTEMPTS, Transport

SECRET, TARGET = "k-3f9c1e", "the target's own words"


class Waits(list[float]):
    """Notes waits in place of waiting."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(Server(None)) as running:  # type: ignore[arg-type]
        yield running


def asked(server: Server, *replies: Reply | Callable[[], Reply], waits: Waits | None = None, **options: Any) -> Any:
    """What a transport makes of these replies, the last one given for ever."""
    left = list(replies)

    def around(request: dict[str, Any], answer: Callable[[], Reply]) -> Reply:
        found = left.pop(0) if len(left) > 1 else left[0]
        return found() if callable(found) else found

    server.around = around
    server.requests.clear()
    sleep = Waits() if waits is None else waits
    way = Transport(server.url, "the endpoint", key=SECRET, sleep=sleep, **options)
    return way.post("/completions", {"prompt": TARGET})


def refused(server: Server, *replies: Any, **options: Any) -> str:
    with pytest.raises(SubjectError) as caught:
        asked(server, *replies, **options)
    text = str(caught.value)
    assert text.startswith("the endpoint: ") and "\n" not in text
    assert SECRET not in text and TARGET not in text
    return text


FINE = reply({"fine": True})


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_what_passes_is_waited_for(server: Server, status: int) -> None:
    waits = Waits()
    assert asked(server, error(status, "busy"), error(status, "busy"), FINE, waits=waits) == {"fine": True}
    assert len(server.requests) == 3
    assert len(waits) == 2 and 0.5 <= waits[0] <= 1 <= waits[1] <= 2


def test_a_reply_with_too_many_headers_is_not_asked_for_again(server: Server) -> None:
    waits = Waits()
    many = (200, {f"X-{number}": "x" for number in range(500)}, b"{}")
    assert "what it sends is not HTTP" in refused(server, many, waits=waits)
    assert len(server.requests) == 1 and not waits


def test_what_does_not_pass_ends(server: Server) -> None:
    waits = Waits()
    assert f"HTTP status 500, {ATTEMPTS} times in a row" in refused(server, error(500, SECRET + TARGET), waits=waits)
    assert len(server.requests) == ATTEMPTS and sum(waits) <= 31


def test_retry_after_is_honoured_within_bounds(server: Server) -> None:
    waits = Waits()
    asked(server, error(429, "", **{"Retry-After": "7"}), FINE, waits=waits)
    assert waits == [7.0]
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    waits.clear()
    asked(server, error(503, "", **{"Retry-After": later}), FINE, waits=waits)
    assert 20 < waits[0] <= 30
    waits.clear()
    asked(server, error(503, "", **{"Retry-After": "soon"}), FINE, waits=waits)
    assert waits[0] <= 1
    assert "asks to wait 86400 s" in refused(server, error(429, "", **{"Retry-After": "86400"}))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "does not accept the key"),
        (403, "may not use this model"),
        (404, "no such path or model"),
        (400, "does not take this request"),
        (418, "HTTP status 418"),
    ],
)
def test_what_is_refused_is_not_asked_again(server: Server, status: int, said: str) -> None:
    assert said in refused(server, error(status, f"key {SECRET}, prompt {TARGET}"))
    assert len(server.requests) == 1


def test_redirects_are_not_followed(server: Server) -> None:
    elsewhere = error(307, "", Location="http://127.0.0.1:9/steal")
    assert "redirects are not followed" in refused(server, elsewhere)
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"a": NaN}', b"[" * 100_000, b"\xff\xfe"])
def test_garbage_is_no_answer(server: Server, body: bytes) -> None:
    assert "what it sends is not" in refused(server, (200, {}, body))
    assert len(server.requests) == 1


def test_a_huge_answer_is_not_read_to_its_end(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST", 1 << 20)
    assert "larger than 1 MiB" in refused(server, (200, {}, b'{"a": "' + b"x" * (3 << 20) + b'"}'))


def test_a_slow_server_is_left(server: Server) -> None:
    server.around = slowly(0.6)
    left = refused(server, lambda: slowly(0.6)({}, lambda: FINE), timeout=0.15)
    assert "no whole answer came within 0.15 s" in left


@pytest.mark.parametrize("ends", [b"Content-Length: 1000000", b"Connection: close"])
def test_a_dripping_server_is_left(ends: bytes) -> None:
    """A byte now and then keeps every single read within its time; the exchange as a whole is bounded."""
    listening = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def drip() -> None:
        while not done.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\n" + ends + b"\r\n\r\n")
                    while not done.wait(0.02):
                        connection.sendall(b" ")
                except OSError:
                    continue

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    way = Transport(f"http://127.0.0.1:{listening.getsockname()[1]}", "the endpoint", timeout=0.2, sleep=Waits())
    with pytest.raises(SubjectError, match=r"no whole answer came within 0\.2 s"):
        way.post("/completions", {})
    done.set()
    with contextlib.suppress(OSError):
        socket.create_connection(listening.getsockname(), timeout=1).close()  # wakes a server that waits for the next one
    thread.join(5)
    listening.close()
    assert not thread.is_alive()


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SubjectError, match=r"the connection failed \(ConnectionRefusedError\), 6 times"):
        Transport(f"http://127.0.0.1:{port}", "the endpoint", sleep=Waits()).post("/completions", {})


def test_requests_keep_to_the_declared_rate(server: Server) -> None:
    now, waits = [0.0], Waits()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    server.around = lambda request, answer: FINE
    way = Transport(server.url, "the endpoint", per_minute=120, sleep=sleep, clock=lambda: now[0])
    for _ in range(4):
        way.post("/completions", {})
    assert now[0] == pytest.approx(1.5)  # four requests, half a second apart


def test_a_certificate_is_verified(tmp_path: Path) -> None:
    import ssl

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, now - timedelta(1), now + timedelta(1))
    pem = tmp_path / "own.pem"
    pem.write_bytes(
        made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listening = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        connection, _ = listening.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as safe:
                heard.append(safe.recv(1000))
        except OSError:
            pass

    threading.Thread(target=serve, daemon=True).start()
    way = Transport(f"https://127.0.0.1:{listening.getsockname()[1]}", "the endpoint", key=SECRET, sleep=Waits())
    with pytest.raises(SubjectError, match="its certificate cannot be verified"):
        way.post("/completions", {"prompt": TARGET})
    listening.close()
    assert not any(heard)


def test_a_transport_does_not_show_its_key(server: Server) -> None:
    way = Transport(server.url, "the endpoint", key=SECRET)
    assert SECRET not in repr(way)
    assert json.dumps(SECRET) not in str(way)
