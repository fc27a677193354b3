"""Models of the Hugging Face hub, brought into its client's cache on this machine by their full commit hash.

Only what a model folder may hold is asked for: weights as safetensors, configuration, tokenizer. Code and pickles are left
where they are, and what came is looked at like any other folder before it is loaded. The token is the client's own matter
(https://huggingface.co/docs/huggingface_hub, "Environment variables": HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE).
"""

from __future__ import annotations

import os

from ..plan.hub import FILES, HubError, HubName, cache


def download(name: HubName) -> None:
    """Puts a model's files into the cache; those that are there are not fetched again. Raises `HubError`."""
    from huggingface_hub import snapshot_download  # loads an HTTP client

    if not name.is_exact:
        raise HubError(f"{name.revision} is not a full commit hash")
    try:
        snapshot_download(
            f"{name.org}/{name.name}",
            revision=name.revision,
            cache_dir=cache(),
            endpoint=os.environ.get("HF_ENDPOINT") or None,
            allow_patterns=list(FILES),
            ignore_patterns=["*/*"],
        )
    except Exception as error:  # the client lets its HTTP library's errors through, and has changed that library
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise HubError(f"it could not be downloaded from the hub: {why}") from error
