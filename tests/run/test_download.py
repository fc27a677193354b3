"""Models of the hub: `verify` brings what the cache lacks, by commit, from a hub that is made up here; nothing else comes."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny
from here import Here

from unlearn_spec.plan.bindings import BindingError
from unlearn_spec.plan.hub import HubError, HubName
from unlearn_spec.run.download import download
from unlearn_spec.run.verify import verify

COMMIT = "0123456789abcdef0123456789abcdef01234567"



class Hub(ThreadingHTTPServer):
    """One repository at one commit, as the hub's client asks for it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.folder = folder
        self.given: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        files = sorted(path.relative_to(self.server.folder).as_posix() for path in self.server.folder.rglob("*") if path.is_file())
        if self.path.startswith(f"/api/models/lab/tiny/revision/{COMMIT}"):
            told = {"id": "lab/tiny", "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
            self._send(json.dumps(told).encode(), "application/json")
            return
        if self.path.startswith(f"/api/models/lab/tiny/tree/{COMMIT}"):
            sizes = {name: (self.server.folder / name).stat().st_size for name in files}
            listed = [{"type": "file", "path": name, "size": size, "oid": "0" * 40} for name, size in sizes.items()]
            self._send(json.dumps(listed).encode(), "application/json")
            return
        name = self.path.removeprefix(f"/lab/tiny/resolve/{COMMIT}/")
        if name not in files:
            self.send_error(404)
            return
        if self.command == "GET":
            self.server.given.append(name)
        self._send((self.server.folder / name).read_bytes(), "application/octet-stream")

    def do_HEAD(self) -> None:
        self.do_GET()

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def hub(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    (tmp_path / "repository").mkdir()
    server = Hub(tmp_path / "repository")
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_run_downloads_what_the_cache_lacks_and_nothing_that_could_run(tmp_path: Path, hub: Hub) -> None:
    policy, bindings = tiny.build(tmp_path / "in")
    for file in (tmp_path / "in/models/audited").iterdir():
        file.rename(hub.folder / file.name)
    for name in ("modeling_tiny.py", "pytorch_model.bin", "onnx/model.safetensors"):
        (hub.folder / name).parent.mkdir(exist_ok=True)
        (hub.folder / name).write_text("never")
    bindings.write_text(bindings.read_text().replace("models/audited", f"lab/tiny@{COMMIT}"))
    result = verify(policy, bindings, tmp_path / "run", executor=Here())
    assert len(result.verification.verdicts) == 5
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(hub.given)
    assert not [name for name in hub.given if name.endswith((".py", ".bin")) or "/" in name]
    given = len(hub.given)
    verify(policy, bindings, tmp_path / "again", executor=Here())
    assert len(hub.given) == given  # from the cache


def test_a_hub_that_lacks_the_commit_or_does_not_answer_is_one_error_at_its_place(
    tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between two attempts to reach the hub
    policy, bindings = tiny.build(tmp_path / "in")
    bindings.write_text(bindings.read_text().replace("models/audited", f"lab/other@{COMMIT}"))
    with pytest.raises(BindingError, match=r"bindings.yaml:6:\d+: B007 .*lab/other.*could not be downloaded"):
        verify(policy, bindings, tmp_path / "run")
    hub.shutdown()
    hub.server_close()
    with pytest.raises(BindingError, match="could not be downloaded"):
        verify(policy, bindings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_branch_is_never_asked_for(hub: Hub) -> None:
    with pytest.raises(HubError, match="full commit hash"):
        download(HubName("lab", "tiny", "main"))
    assert hub.given == []
