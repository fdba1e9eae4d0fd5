"""One module per engine that is compared with voxlake. Each has `NAME`, `version()` and a class `Engine`:

    Engine(lake, threads, params)   opens a session over the day files of `lake`
    .questions                      the names of its queries
    .answer(question)               the rows, as tuples in the order of the query's columns

Queries are written as an expert in that engine would write them, over the same files. Nothing is
prepared except the engine's own caches.
"""
