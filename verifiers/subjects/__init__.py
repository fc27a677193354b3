"""What is audited: a model in a folder, or a guarded system around one."""

from .error import OutputError, SubjectError

__all__ = ["OutputError", "SubjectError"]
