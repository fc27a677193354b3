"""From a policy and its bindings to a plan: what will be measured for which clause, at which error, with which controls."""

import sys

from ..callable_package import CallablePackage

sys.modules[__name__].__class__ = CallablePackage  # `unlearn_spec.plan(policy, bindings)`
