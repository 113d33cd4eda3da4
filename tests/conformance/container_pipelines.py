"""What runs in the containers of container.sh: an addition, a stream, and something slow."""

import time

from pipeline import Pipeline, Variable, pipe
from pipeline.objects.graph import Stream


@pipe
def add(first: int, second: int) -> int:
    if first < 0 or second < 0:
        raise ValueError("I can only sum positive integers")
    return first + second


@pipe
def count(number: int) -> Stream[int]:
    def numbers():
        for one in range(number):
            if one == 5:
                raise Exception("dummy error")
            time.sleep(0.1)
            yield one

    return Stream(numbers())


@pipe
def sleep(seconds: int) -> int:
    time.sleep(seconds)
    return seconds


with Pipeline() as builder:
    first, second = Variable(int), Variable(int)
    builder.output(add(first, second))
add_pipeline = builder.get_pipeline()

with Pipeline() as builder:
    number = Variable(int)
    builder.output(count(number))
count_pipeline = builder.get_pipeline()

with Pipeline() as builder:
    seconds = Variable(int)
    builder.output(sleep(seconds))
sleep_pipeline = builder.get_pipeline()
