"""Dated, cited facts about what unlearning can do: outside the theory, so that a policy can say it doesn't rely on one."""
