"""What is audited: a model in a folder, or a guarded system around one."""

from .error import SubjectError

__all__ = ["SubjectError"]
