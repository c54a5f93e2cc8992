"""The Velocity template language, as API Gateway's mapping templates use it: a text and variables in, a text out.

https://velocity.apache.org/engine/1.7/vtl-reference.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html

    parser     text -> nodes (cached by text)
    evaluator  nodes and variables -> text
    java       what Java's strings, lists and maps can do, and how Java prints values
    variables  $input and $util

It knows nothing of API Gateway's state, of clocks or of AWS.
"""

from .evaluator import render
from .parser import TemplateError, parse
from .variables import input_variable, util_variable

__all__ = ["TemplateError", "input_variable", "parse", "render", "util_variable"]
