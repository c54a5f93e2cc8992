"""Amazon CloudWatch Logs: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/

    store.py          groups, streams and events; what other services have written is taken up here
    ingestion.py      events put into a stream: whoever subscribes to the group gets them
    groups.py, streams.py, events.py, retention.py, tags.py: operations
    searches.py       filter_log_events, test_metric_filter
    subscriptions.py  subscription filters, and their deliveries to Lambda, Kinesis and Firehose
    patterns/         the language of filter patterns, alone

Insights queries, metric filters, exports, destinations, data protection, transformers and deliveries are not implemented.
"""

from .store import State

__all__ = ["State"]
