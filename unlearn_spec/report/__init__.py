"""Conformance reports: one result model, one renderer a format."""

import sys

from ..callable_package import CallablePackage
from ..wording.language import LANGUAGES, Language
from .build import build
from .model import Report, ReportError, canonical, digest, parse
from .render import BINARY, FORMATS, Format, encode, render

__all__ = [
    "BINARY",
    "FORMATS",
    "LANGUAGES",
    "Format",
    "Language",
    "Report",
    "ReportError",
    "build",
    "canonical",
    "digest",
    "encode",
    "parse",
    "render",
]

sys.modules[__name__].__class__ = CallablePackage  # `unlearn_spec.report(run)`
