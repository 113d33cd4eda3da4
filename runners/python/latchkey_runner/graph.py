"""In which order the blocks of a run are run."""

over = ("completed", "failed", "upstream_failed", "condition_failed", "cancelled")


class Graph:
    """What is done of a run, and what may be done next. Blocks without a part in the run count as done, and give nothing."""

    def __init__(self, blocks):
        self.blocks = {block["uuid"]: block for block in blocks}
        self.status = {uuid: block["status"] for uuid, block in self.blocks.items()}
        for uuid, status in self.status.items():
            if status in ("running", "queued"):
                self.status[uuid] = "initial"

    def _is_done(self, uuid):
        return self.status.get(uuid) in (None, "completed")

    def ready(self):
        """Blocks that have not begun and whose inputs are there, in the pipeline's order."""
        return [
            block
            for uuid, block in self.blocks.items()
            if self.status[uuid] == "initial" and all(self._is_done(one) for one in block["upstream_blocks"])
        ]

    def begin(self, uuid):
        self.status[uuid] = "running"

    def end(self, uuid, status):
        self.status[uuid] = status
        if status == "failed":
            self._skip(uuid, "upstream_failed")
        elif status == "condition_failed":
            self._skip(uuid, "condition_failed")

    def _skip(self, uuid, status):
        after = {uuid}
        found = True
        while found:
            found = [one for one, its in self.blocks.items() if one not in after and after & set(its["upstream_blocks"])]
            after.update(found)
        for one in after - {uuid}:
            if self.status[one] == "initial":
                self.status[one] = status

    def failed(self):
        return [uuid for uuid, status in self.status.items() if status == "failed"]
