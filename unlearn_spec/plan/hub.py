"""Models by their name on the Hugging Face hub, and where its cache on this machine holds them. Opens no connection.

A name is `org/name@REVISION` with a full commit hash: a branch or a tag may point elsewhere tomorrow. Looked at is the
cache of the hub's own client, in the folder that HF_HUB_CACHE, HF_HOME or XDG_CACHE_HOME name, or else below
~/.cache/huggingface (https://huggingface.co/docs/huggingface_hub, "Understand caching").
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?P<org>{_PART})/(?P<name>{_PART})@(?P<revision>[^/\\]*)\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")

FILES = ("*.safetensors", "*.json", "tokenizer*", "*.model", "*.txt", "*.jinja")
"""What a model folder needs of a hub's repository: weights, configuration, tokenizer; no code, nothing pickled."""


class HubError(Exception):
    """A model cannot be had from the hub. The message is one line."""


@dataclass(frozen=True)
class HubName:
    """A model of the hub at a revision, as written."""

    org: str
    name: str
    revision: str

    @property
    def is_exact(self) -> bool:
        """Whether the revision is a full commit hash."""
        return _COMMIT.match(self.revision) is not None

    @property
    def download(self) -> str:
        """The command that puts the model into the cache, without pickled weights."""
        files = " ".join(f"'{pattern}'" for pattern in FILES)
        return f"hf download {self.org}/{self.name} --revision {self.revision} --include {files}"

    def folder(self) -> Path:
        """Where the cache would hold it."""
        return cache() / f"models--{self.org}--{self.name}" / "snapshots" / self.revision


Fetch = Callable[[HubName], None]
"""Brings a model into the cache. Raises `HubError`."""


def hub_name(written: str) -> HubName | None:
    """The name in `org/name@REVISION`, None where the text has not this form."""
    found = _NAME.match(written)
    return None if found is None else HubName(found["org"], found["name"], found["revision"])


def cache() -> Path:
    """The folder of the client's cache, by its environment variables in their order."""
    if given := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(given).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    general = os.environ.get("XDG_CACHE_HOME")
    return (Path(general).expanduser() if general else Path.home() / ".cache") / "huggingface" / "hub"
