"""The modules of mage_ai that blocks import, where they run without it."""

import importlib.abc
import importlib.machinery
import os
import sys

kinds = ("data_loader", "transformer", "data_exporter", "custom", "sensor", "condition", "extension", "data_source")


class Decorated:
    """The functions that a block's code has decorated, by how."""

    def __init__(self):
        self.functions = {}

    def _collect(self, kind):
        def decorate(function):
            self.functions.setdefault(kind, []).append(function)
            return function

        def either(*arguments, **_settings):
            # `@test` and `@test()`.
            return decorate(arguments[0]) if len(arguments) == 1 and callable(arguments[0]) else decorate

        return either

    def names(self):
        """What the code finds among its globals, and what `mage_ai.data_preparation.decorators` has."""
        named = {kind: self._collect(kind) for kind in (*kinds, "test", "preprocesser")}

        def callback(*arguments, **_settings):
            outcome = arguments[0] if arguments and isinstance(arguments[0], str) else "success"
            collect = self._collect(f"callback {outcome}")
            return collect(arguments[0]) if arguments and callable(arguments[0]) else collect

        named.update(callback=callback, on_success=self._collect("callback success"))
        named["on_failure"] = self._collect("callback failure")
        return named


def secret_reader(secrets):
    def get_secret_value(name, *_others, **_more):
        if name not in secrets:
            sys.stdout.write(f"WARNING: Could not find secret value for secret {name}\n")
        return secrets.get(name)

    return get_secret_value


def install(decorated, secrets, variables, folder):
    """Has `import mage_ai…` find what there is of it here."""

    def get_global_variable(_pipeline, name, *_others, **_more):
        return variables.get(name)

    contents = {
        "data_preparation.decorators": decorated.names(),
        "data_preparation.shared.secrets": {"get_secret_value": secret_reader(secrets)},
        "data_preparation.variable_manager": {
            "get_global_variable": get_global_variable,
            "get_global_variables": lambda *_arguments, **_more: dict(variables),
        },
        "settings.repo": {"get_repo_path": lambda *_arguments, **_more: folder},
        "io.file": {"FileIO": FileIO},
        "orchestration.run_status_checker": {"check_status": check_status},
    }
    sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, _Finder)]
    for name in [name for name in sys.modules if name.partition(".")[0] == "mage_ai"]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder({f"mage_ai.{name}": its for name, its in contents.items()}))


def check_status(*_arguments, **_more):
    raise NotImplementedError("A runner knows nothing of other pipelines: ask the server's API how their runs stand")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, contents):
        self._contents = contents
        self._packages = {"mage_ai"}
        for name in contents:
            while "." in name:
                name = name.rpartition(".")[0]
                self._packages.add(name)

    def find_spec(self, name, _path=None, _target=None):
        if name.partition(".")[0] != "mage_ai":
            return None
        if name in self._contents or name in self._packages:
            return importlib.machinery.ModuleSpec(name, self, is_package=name in self._packages)
        known = ", ".join(sorted(self._contents))
        raise ModuleNotFoundError(f"Latchkey's runner has no {name}: of mage_ai it has {known}", name=name)

    def create_module(self, _spec):
        return None

    def exec_module(self, module):
        vars(module).update(self._contents.get(module.__name__, {}))


class FileIO:
    """Files of the folder that blocks run in, as frames of pandas."""

    def __init__(self, *_arguments, **_settings):
        pass

    def load(self, filepath, format=None, **settings):
        import pandas

        return getattr(pandas, f"read_{_format(filepath, format)}")(filepath, **settings)

    def export(self, frame, filepath, format=None, **settings):
        settings.setdefault("index", False) if _format(filepath, format) in ("csv", "parquet", "excel") else None
        getattr(frame, f"to_{_format(filepath, format)}")(filepath, **settings)


def _format(path, given):
    ending = str(getattr(given, "value", given) or os.path.splitext(str(path))[1][1:]).lower()
    return {"xlsx": "excel", "xls": "excel"}.get(ending, ending or "csv")
