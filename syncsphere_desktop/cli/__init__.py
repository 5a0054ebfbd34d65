"""The command line, the app's second face: everything but looking works headless.

One module a group of commands. Each has `register(groups, connection)`, which adds its parsers, and one
function a command. Heavy imports stay inside the functions: `--help` answers at once.
"""
