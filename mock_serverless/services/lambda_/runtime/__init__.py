"""The execution environment: what runs a function's Python code as AWS's Python runtime does, inside this process.

    packages.py      the deployment package's modules: an importer over a zip in memory, one module namespace per environment
    process.py       what a function sees of its process, lent to it while it runs; of that, to each thread its own:
    variables.py       environment variables
    output.py          standard output and error, the root logger
    modules.py         modules, sys.path, the import statement
    stand_ins.py       functions of os, io and platform; which ones: machine.py, storage.py
    machine.py         architecture, processors
    storage.py         /tmp
    context.py       the context object
    marshalling.py   JSON in and out, and the runtime's errors
    logs.py          the lines which AWS and its Python runtime write to the log
    hooks.py         SnapStart's runtime hooks
    environment.py   one execution environment, warm or cold, and how it answers an invocation

Which facts are AWS's: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html and the public sources of its runtime
interface client (github.com/aws/aws-lambda-python-runtime-interface-client).
"""
