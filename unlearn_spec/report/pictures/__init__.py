"""Drawings of a report as SVG, from the result model alone: shapes, patterns and words before colours. One a file."""
