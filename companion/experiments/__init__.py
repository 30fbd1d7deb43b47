"""The course's longer experiments, one module each.

A module holds `run(**settings) -> {name: figure}`, which a chapter also calls live on a small scale, and
`SETTINGS`, the list of settings that were recorded. `python -m companion.sweep NAME` repeats the recording,
after it has set what an `ENVIRONMENT` of the module asks for.
"""
