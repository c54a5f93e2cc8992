"""AWS Lambda: functions in Python, run inside this process. https://docs.aws.amazon.com/lambda/latest/api/

store.py             what is stored: functions, versions, aliases, mappings
names.py             function names and ARNs, and which version or alias is meant
configuration.py     the members of a function's configuration: defaults, checks, answers
packages of code     code.py
functions.py         create, get, list, update, delete
versions.py, aliases.py, permissions.py, tags.py, concurrency.py, urls.py
invoke.py            Invoke; execution.py picks the environment; runtime/ is the environment
asynchronous.py      events: retries, destinations, dead letters; invoke_configs.py their settings
mappings.py          event source mappings; polling.py feeds functions from streams; sources/ the kinds of source
face.py              cloud.function(...)
"""

from .store import State

__all__ = ["State"]
