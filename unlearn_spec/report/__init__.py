"""Conformance reports: one result model, one renderer a format."""

from .build import build
from .model import Report, ReportError, canonical, digest, parse
from .render import FORMATS, Format, render

__all__ = ["FORMATS", "Format", "Report", "ReportError", "build", "canonical", "digest", "parse", "render"]
