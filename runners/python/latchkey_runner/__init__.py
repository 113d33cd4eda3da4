"""Takes runs of pipelines from a Latchkey server and executes their blocks, each in a process of its own (docs/runner.md)."""

__version__ = "0.2.0"
