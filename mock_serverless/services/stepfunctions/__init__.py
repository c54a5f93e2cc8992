"""AWS Step Functions.

The language is a package of its own (language/); flow.py runs an execution on the kernel, with the work of Task states in
integrations/. Operations: machines.py, versions.py, aliases.py, executions.py, history.py,
execution_log.py (to CloudWatch Logs), tokens.py, activities.py, tags.py.
"""

from .store import State

__all__ = ["State"]
