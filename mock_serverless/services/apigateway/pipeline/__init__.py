"""A request's way through a deployed API: a list of functions of one signature, each of which works on the exchange.

entry           the steps in order; the hosts they serve
exchange        what they work on; Refused, an answer of API Gateway's own
routing         stage, canary, resource, method              context      requestContext / $context
authorization   IAM, Lambda authorizers                      keys         API keys, usage plans, throttling
validation      required parameters, bodies (json_schema)    mapping      parameter mappings
integration     the integration request, and which kind      lambda_proxy, mock, forwarding: the kinds
execution_log, access_log   what goes to CloudWatch Logs
answers         integration and method response              refusals     gateway responses
"""
