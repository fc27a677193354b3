"""The errors of this border."""


class SubjectError(RuntimeError):
    """A subject cannot be loaded or asked. The text says which, why, and what to do."""


class OutputError(SubjectError):
    """What a subject says is no number."""
