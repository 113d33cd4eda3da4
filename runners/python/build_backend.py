"""What pip asks of a package (PEP 517, PEP 660), in the standard library, so that installing needs no index."""

import base64
import hashlib
import io
import pathlib
import re
import tarfile
import zipfile

here = pathlib.Path(__file__).resolve().parent
text = (here / "pyproject.toml").read_text("utf-8")


def _value(name):
    return re.search(rf'^{name} = "([^"]*)"$', text, re.M).group(1)


name, version = _value("name"), _value("version")
stem = f"{name.replace('-', '_')}-{version}"
metadata = "\n".join(
    [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        f"Summary: {_value('description')}",
        "License: MIT",
        f"Requires-Python: {_value('requires-python')}",
        "",
    ]
)
wheel = "Wheel-Version: 1.0\nGenerator: build_backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
entry_points = f"[console_scripts]\n{re.search(r'^latchkey-runner = .*$', text, re.M).group(0)}\n".replace('"', "")


def _described():
    return {"METADATA": metadata, "WHEEL": wheel, "entry_points.txt": entry_points}


def _write(path, files):
    record = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, content in files:
            data = content if isinstance(content, bytes) else content.encode("utf-8")
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{inside},sha256={digest},{len(data)}")
            archive.writestr(inside, data)
        inside = f"{stem}.dist-info/RECORD"
        archive.writestr(inside, "\n".join([*record, f"{inside},,", ""]))
    return path.name


def _dist_info():
    return [(f"{stem}.dist-info/{inside}", content) for inside, content in _described().items()]


def _sources():
    return sorted(path for path in (here / "latchkey_runner").rglob("*.py"))


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    files = [(path.relative_to(here).as_posix(), path.read_bytes()) for path in _sources()]
    return _write(pathlib.Path(wheel_directory) / f"{stem}-py3-none-any.whl", [*files, *_dist_info()])


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    files = [(f"{name.replace('-', '_')}.pth", f"{here}\n")]
    return _write(pathlib.Path(wheel_directory) / f"{stem}-py3-none-any.whl", [*files, *_dist_info()])


def build_sdist(sdist_directory, config_settings=None):
    path = pathlib.Path(sdist_directory) / f"{stem}.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for source in [here / "pyproject.toml", here / "build_backend.py", *_sources()]:
            archive.add(source, f"{stem}/{source.relative_to(here).as_posix()}")
        data = metadata.encode("utf-8")
        info = tarfile.TarInfo(f"{stem}/PKG-INFO")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return path.name


def get_requires_for_build_wheel(config_settings=None):
    return []


get_requires_for_build_sdist = get_requires_for_build_editable = get_requires_for_build_wheel
