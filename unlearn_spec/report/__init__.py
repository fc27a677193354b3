"""Conformance reports: one result model, one renderer a format."""

import sys

from ..callable_package import CallablePackage
from .build import build
from .model import Report, ReportError, canonical, digest, parse
from .render import FORMATS, Format, render

__all__ = ["FORMATS", "Format", "Report", "ReportError", "build", "canonical", "digest", "parse", "render"]

sys.modules[__name__].__class__ = CallablePackage  # `unlearn_spec.report(run)`
