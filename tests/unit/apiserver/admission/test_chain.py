"""The order of admission."""

import asyncio

from pyk3s.api import catalog
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.admission.passes import Passes

PODS = catalog.Resource("", "v1", "pods", "pod", "Pod", True, (), "")


class Telling(chain.Base):
    def __init__(self, name: str, told: list[str]):
        self.name, self.told = name, told


class Changing(Telling):
    def mutate(self, attributes: chain.Attributes) -> None:
        self.told.append(f"{self.name} changes")


class Judging(Telling):
    def validate(self, attributes: chain.Attributes) -> None:
        self.told.append(f"{self.name} judges")


class Waiting(Telling):
    async def mutate(self, attributes: chain.Attributes) -> None:
        await asyncio.sleep(0)
        self.told.append(f"{self.name} changes")


class Aloof(Changing):
    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return False


def attributes() -> chain.Attributes:
    return chain.Attributes(chain.CREATE, PODS, "a", "x", identity.ANONYMOUS, {})


def admitted(*plugins: chain.Plugin, passes: Passes | None = None) -> None:
    async def work():
        asked = attributes()
        asked.passes = passes
        admission = chain.Chain(plugins)
        await admission.mutate(asked)
        await admission.validate(asked)

    asyncio.run(work())


def test_every_plugin_that_cares_takes_its_steps_in_order():
    told: list[str] = []
    admitted(Judging("a", told), Changing("b", told), Aloof("c", told), Waiting("d", told), Judging("e", told))
    assert told == ["b changes", "d changes", "a judges", "e judges"]


def test_what_a_webhook_changed_is_seen_once_more_by_all_that_change():
    told: list[str] = []
    passes = Passes()
    passes.changed = True
    admitted(Changing("a", told), Waiting("b", told), passes=passes)
    assert told == ["a changes", "b changes"] * 2
