"""A pipeline that adds two numbers, as the `pipeline-ai` package has them."""

from pipeline import Pipeline, Variable, pipe


@pipe
def add(first: int, second: int) -> int:
    return first + second


with Pipeline() as builder:
    first = Variable(int, title="first")
    second = Variable(int, title="second")
    builder.output(add(first, second))

pipeline = builder.get_pipeline()
