"""Secrets are for the code of a run alone: what else is said of it has stars in their place."""

import json

stars = "********"
# What is shorter is in every second text, and no secret.
shortest = 4


class Mask:
    def __init__(self, secrets):
        texts = set()
        for value in secrets.values():
            for text in (value, *value.splitlines()):
                text = text.strip()
                if len(text) >= shortest:
                    texts.update((text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]))
        # A secret within another one goes last.
        self._texts = sorted(texts, key=len, reverse=True)

    def text(self, text):
        for secret in self._texts:
            text = text.replace(secret, stars)
        return text

    def value(self, value):
        """The same for all texts in a value that JSON has."""
        if not self._texts:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(one) for one in value]
        if isinstance(value, dict):
            return {self.text(name): self.value(one) for name, one in value.items()}
        if value is not None and not isinstance(value, bool) and str(value) in self._texts:
            return stars
        return value

    def is_in(self, data):
        return any(secret.encode("utf-8", "replace") in data for secret in self._texts)
