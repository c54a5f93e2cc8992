"""The kinds of event sources. A kind is a module with its checks and one function that gives the records there are; polling,
filters, windows, retries and destinations are shared (streams.py and queues.py beside this folder).
"""
