"""What DynamoDB says with an error whose code a test injects.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html, and its own answers where they differ
"""

MESSAGES = {
    "ConditionalCheckFailedException": "The conditional request failed",
    "ItemCollectionSizeLimitExceededException": "Collection size exceeded.",
    "LimitExceededException": "Too many operations for a given subscriber.",
    "ProvisionedThroughputExceededException": "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API.",
    "RequestLimitExceeded": "Throughput exceeds the current throughput limit for your account. To request a limit increase, "
    "contact AWS Support at https://aws.amazon.com/support.",
    "ResourceInUseException": "The resource which you are attempting to change is in use.",
    "ResourceNotFoundException": "Requested resource not found",
    "ThrottlingException": "Rate of requests exceeds the allowed throughput.",
    "TransactionConflictException": "Transaction is ongoing for the item",
}
