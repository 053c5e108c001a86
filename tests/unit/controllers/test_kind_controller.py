"""Claims about which objects of its kind a controller is handed."""

import msgspec
from controller_run import run
from fake_api import FakeApi, until

from pyk3s.client import objects, resources, rest
from pyk3s.controllers.context import Context
from pyk3s.controllers.kind_controller import KindController

NODE = "/api/v1/nodes/{}"


class Node(msgspec.Struct):
    metadata: objects.Metadata


class Marking(KindController[Node]):
    """Takes the label `due` off nodes, which says that they are."""

    name = "marking"

    def __init__(self, context: Context):
        super().__init__(context, context.shared(resources.NODES, Node))

    def _is_due(self, node: Node) -> bool:
        return "due" in node.metadata.labels

    async def _act(self, node: Node) -> None:
        path = resources.NODES.path_of(node.metadata.key)
        patch = {"metadata": {"labels": {"due": None, "done": "yes"}}}
        self._objects.wrote(await self._client.send("PATCH", path, patch, content_type=rest.MERGE_PATCH))


def test_what_is_due_is_handed_on_once_and_again_when_it_is_due_again() -> None:
    api = FakeApi()
    api.put(NODE.format("a"), {"metadata": {"labels": {"due": "yes"}}})
    api.put(NODE.format("b"), {})

    async def test() -> None:
        await until(lambda: api.writes() == {"PATCH": 1}, "a is done")
        api.put(NODE.format("b"), {"metadata": {"labels": {"due": "yes"}}})
        await until(lambda: api.writes() == {"PATCH": 2}, "b too")

    run(api, Marking, test)
    assert [each["metadata"]["labels"] for each in api.under(NODE.format(""))] == [{"done": "yes"}] * 2
