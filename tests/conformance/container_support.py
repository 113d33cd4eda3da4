"""What the checks of containers share: pipelines with a container each, and what they hold to be the same."""

import os
import sys

import httpx

url = os.environ["PIPELINE_API_URL"]
headers = {"Authorization": f"Bearer {os.environ['PIPELINE_API_TOKEN']}"}
api = httpx.Client(base_url=url, headers=headers, timeout=120)


def deploy(name: str, address: str | None) -> str:
    """A pipeline with this container; gives its id."""
    body = {"name": name, "image": "none", "input_variables": [], "output_variables": []}
    made = api.post("/v4/pipelines", json=body).raise_for_status().json()
    api.put(f"/v4/pipelines/{made['id']}/container", json={"url": address}).raise_for_status()
    return made["id"]


def deployed() -> list[str]:
    """The pipelines of the arguments, `name=address` each."""
    return [deploy(*argument.split("=", 1)) for argument in sys.argv[1:]]


def name_of(pipeline: str) -> str:
    """A pointer to it."""
    answer = api.get(f"/v4/pipelines/{pipeline}", params={"include_pointers": True})
    return answer.raise_for_status().json()["pointers"][0]


def same(promise: str, actual, expected) -> None:
    assert actual == expected, f"{promise}: {actual!r} instead of {expected!r}"
    print(f"ok {promise}")
