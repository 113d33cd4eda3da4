"""What runs in the containers of container.sh: an addition, a stream, something slow, and files in and out."""

import hashlib
import time
from pathlib import Path
from zipfile import ZipFile

from pipeline import File, Pipeline, Variable, pipe
from pipeline.objects.graph import InputField, InputSchema, Stream


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


@pipe
def digest(file: File) -> dict:
    content = Path(file.path).read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "ending": Path(file.path).suffix}


class Options(InputSchema):
    picture: File | None = InputField(title="picture", default=None)
    times: int | None = InputField(title="times", default=1)


@pipe
def digest_nested(options: Options) -> str:
    return hashlib.sha256(Path(options.picture.path).read_bytes() * options.times).hexdigest()


@pipe
def names(folder: File) -> list:
    return sorted(ZipFile(folder.path).namelist())


@pipe
def picture(size: int) -> File:
    path = Path("/tmp") / f"latchkey conformance {size}.png"
    path.write_bytes(b"P" * size)
    return File(path=str(path))


@pipe
def pictures(number: int) -> list:
    made = []
    for one in range(number):
        path = Path("/tmp") / f"latchkey-conformance-{one}.txt"
        path.write_text(f"picture {one}")
        made.append(File(path=str(path)))
    return made


@pipe
def letters(file: File) -> Stream[str]:
    return Stream(iter(Path(file.path).read_text()))


@pipe
def same(file: File) -> File:
    return file


def pipeline_of(step, kind, *more):
    """The pipeline of one input and a step for each output."""
    with Pipeline() as builder:
        given = Variable(kind)
        builder.output(*[one(given) for one in (step, *more)])
    return builder.get_pipeline()


with Pipeline() as builder:
    first, second = Variable(int), Variable(int)
    builder.output(add(first, second))
add_pipeline = builder.get_pipeline()

count_pipeline = pipeline_of(count, int)
sleep_pipeline = pipeline_of(sleep, int)
digest_pipeline = pipeline_of(digest, File)
nested_pipeline = pipeline_of(digest_nested, Options)
names_pipeline = pipeline_of(names, File)
picture_pipeline = pipeline_of(picture, int)
pictures_pipeline = pipeline_of(pictures, int)
letters_pipeline = pipeline_of(letters, File, same)
