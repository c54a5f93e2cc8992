"""What is said of a statement that can't be done, and where in it: all wordings of this package but those of the syntax.

Wordings: recorded (public paritysuite/dynamodb-conformance; floci-io/floci's DynamoDbPartiQL tests), where they are silent those
of AWS's DynamoDB Local, which shares this part with the service (recorded refusals agree).
"""

from __future__ import annotations

from mock_serverless.core.errors import AwsError

from ..values import INVALID, STORED_TOO_DEEP, refuse
from .lexer import At

# Statements
NOT_WELL_FORMED = "Statement wasn't well formed, can't be processed: {}"
UNSUPPORTED = "Unsupported operation: {}"
CLAUSE = "Unsupported clause: {}"
ALIAS = "Aliasing is not supported"
MISMATCH = "Number of parameters in request and statement don't match."
INCOMPLETE = "Where clause does not contain a mandatory equality on all key attributes"
EXISTS_INDEX = "Operations on indices are not supported in transactions"
INSERTS_MANY = (
    'Inserting multiple items in a single statement is not supported, use "INSERT INTO tableName VALUE item" instead'
)
ITEM_FORMAT = (
    "Unsupported format in item expression. Please use struct format {...} to express item values for insert statement."
)
FROM_IN_INSERT = "Unsupported FROM ... WHERE ... clause in INSERT statement."
AT_IN_INSERT = "AT is not supported in insert statements."
MANY_RETURNED = "Invalid syntax with multiple returning elements in RETURNING clause"
RETURNED_COLUMNS = "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause"

# FROM and the select list
SINGLE_SOURCE = "Only select from a single table or index is supported."
BAD_SOURCE = "Unexpected from source"
LONG_SOURCE = "A path may contain at most 2 components in the FROM clause"
LIST_SOURCE = "Invalid list expression in source."
TABLE_NAME = "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', '-', '_', '.'."
ON_INDEX = "This operation is not supported on an index"
SINGLE_TABLE = "FROM clause may only contain a single table name in data manipulation statements"
HIERARCHY = "Changing item's hierarchy while reading isn't supported"
VALUE_OR_PIVOT = "Select projection doesn't support value or pivot keywords"
DUPLICATES = "Duplicate identifiers in select clause: {}"

# Expressions
TOKEN = "Unsupported token in expression: {}"
OPERATOR = "Unsupported operator in {} Expression. Operator: {}"
FUNCTION = "Unrecognized function: {}"
NOT_BOOLEAN = "WHERE clause must contain an expression that resolves to a boolean"
MISSING_COMPARED = "MISSING must be compared using IS operator"
JUNCTION = "The arguments to AND/OR must be Expressions"
NEGATION = "The argument to NOT must be a Type or Expression"
IN = (
    "IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with at least one "
    "member"
)
IS_OPERAND = "The left hand side argument to IS must be a Variable Reference, Literal, or Path"
IS_IN_UPDATE = "IS operator is not supported in update expressions"
IS_TYPE = (
    "Unsupported data type for IS operator: {}. Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, "
    "TUPLE, LIST]"
)
# What attribute_type takes, in the order in which statements are told (recorded; for expressions another one is recorded).
VALID_TYPES = "{N,BS,L,B,NULL,M,S,SS,NS,BOOL}"

# Paths
EMPTY_PART = "Path component cannot be an empty string"
UNEXPECTED_PART = "Unexpected path component"
LIST_FIRST = "A path cannot start with a list index"
INDEX = "List index is not within the allowable range; index: [{}]"
WILD = {
    ".*": "Unpivot path component like a.*.b are not supported",
    "[*]": "Wildcard path component like a[*].b are not supported",
}

# Updates
ONLY_SET = "Only SET and REMOVE are supported in update expressions at this time"
SET_ARGUMENTS = "SET_{} must have exactly two arguments"
SET_FIRST = "The first argument to SET_{} must equal the assignment value"
SET_SECOND = "The second argument to SET_{} must be a value with type SET at {}"

# Values; "{}" in the end is the path to the value in the item
EMPTY_BAG = "Empty bags are not supported"  # recorded: it doesn't say where
BAG = "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"
TYPE = "Unsupported data type: {} under key {}"
ION = "Ion Literals are not supported: {} under key {}"
NAME = "Tuple keys must be of type String. Actual type: {} under {}"
DEEP = STORED_TOO_DEEP + " under {}"
TWICE_IN_SET = INVALID + "Input collection [{}] contains duplicates! under {}"
TWICE = "Duplicate keys in tuple. Key: {} under {}"


def refused(message: str, at: At) -> AwsError:
    """A refusal which says where in the statement."""
    return refuse(f"{message} at {at}")
