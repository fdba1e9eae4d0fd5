"""One module per engine that stands beside voxlake. Each has `NAME`, `version()` and a class `Engine`:

    Engine(lake, threads, params)   opens a session over the day files of `lake`
    .questions                      the names of the questions that it answers
    .answer(question)               the rows, as tuples in the order of the question's columns

A question is asked there as someone would ask it who knows that engine well, over the same files and with nothing
prepared but what the engine itself keeps between questions.
"""
