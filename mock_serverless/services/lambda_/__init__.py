"""AWS Lambda: functions in Python, run inside this process. https://docs.aws.amazon.com/lambda/latest/api/

store.py             what is stored: functions, versions, aliases, mappings
names.py             function names and ARNs, and which version or alias is meant
configuration.py     the members of a function's configuration: defaults, checks, answers
code.py              where the code comes from
downloads.py         serves the packages that GetFunction points to
functions.py         create, get, list, update, delete; beside it versions, aliases, permissions, tags, concurrency
invoke.py            Invoke; execution.py picks the version and the environment; runtime/ is the environment
snapstart.py         what SnapStart refuses; versions.py initializes a version
asynchronous.py      events: retries, destinations.py, dead letters; invoke_configs.py their settings
mappings.py          event source mappings; streams.py and queues.py feed functions in batches.py through filters.py;
                     sources/ has the kinds of source
urls.py              function URLs; url_requests.py answers them
face.py              cloud.function(...)
"""

from .store import State

__all__ = ["State"]
