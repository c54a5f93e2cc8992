"""Amazon API Gateway: REST APIs, and the requests to them.

https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html

    gateway     the state: what there is, per account and region
    kind        a resource kind is a row: create, get, list, update, delete and patch are shared
    patching    patch operations: tables of paths
    inputs      requests checked as API Gateway's front end checks them
    rest_apis, resources, methods, integrations, deployments, stages, models, authorizers ...: the rows, and what no row can say
    templates/  the Velocity template language, alone
    pipeline/   a request's way through a deployed API: one function per step
"""

from .gateway import State

__all__ = ["State"]
