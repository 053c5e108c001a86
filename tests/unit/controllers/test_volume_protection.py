"""Claims about when deleted claims and volumes may go."""

from typing import Any

from controller_run import run
from fake_api import NOW, FakeApi, until

from pyk3s.controllers import volume_protection

CLAIM = "/api/v1/namespaces/x/persistentvolumeclaims/data"
VOLUME = "/api/v1/persistentvolumes/disk"
POD = "/api/v1/namespaces/x/pods/web"
JSON = dict[str, Any]


def pod(*, node: str = "n1", **source: Any) -> JSON:
    return {"metadata": {"name": "web"}, "spec": {"nodeName": node, "volumes": [{"name": "data", **source}]}}


def ending(finalizer: str, **more: Any) -> JSON:
    return {"metadata": {"deletionTimestamp": NOW, "finalizers": ["other.test/mine", finalizer]}, **more}


def finalizers(api: FakeApi, path: str) -> list[str]:
    return api.objects[path]["metadata"]["finalizers"]  # type: ignore[no-any-return]


def test_a_pod_uses_the_claims_that_it_names_once_it_is_on_a_node() -> None:
    named = {"persistentVolumeClaim": {"claimName": "data"}}
    assert volume_protection.uses(pod(**named), "data")
    assert not volume_protection.uses(pod(**named), "other")
    assert not volume_protection.uses(pod(node="", **named), "data")
    assert not volume_protection.uses(pod(emptyDir={}), "data")


def test_a_pod_uses_the_claim_made_for_its_ephemeral_volume() -> None:
    assert volume_protection.uses(pod(ephemeral={}), "web-data")
    assert not volume_protection.uses(pod(ephemeral={}), "data")


def test_a_deleted_claim_waits_for_the_pod_that_uses_it() -> None:
    api = FakeApi()
    api.put(POD, pod(persistentVolumeClaim={"claimName": "data"}))
    api.put(CLAIM, ending(volume_protection.CLAIM_FINALIZER))

    async def test() -> None:
        await until(lambda: ("GET", POD.rpartition("/")[0]) in api.log, "somebody asks who uses it")
        assert not api.writes()
        api.remove(POD)
        await until(lambda: finalizers(api, CLAIM) == ["other.test/mine"], "it is let go")

    run(api, volume_protection.Claims, test)


def test_a_claim_that_nobody_deleted_is_left_alone() -> None:
    api = FakeApi()
    kept = {"metadata": {"finalizers": [volume_protection.CLAIM_FINALIZER]}}
    api.put(CLAIM, kept)
    api.put(CLAIM.replace("data", "gone"), ending(volume_protection.CLAIM_FINALIZER))

    async def test() -> None:
        await until(lambda: api.writes() == {"PATCH": 1}, "the other one is let go")
        assert finalizers(api, CLAIM) == [volume_protection.CLAIM_FINALIZER]

    run(api, volume_protection.Claims, test)


def test_a_deleted_volume_waits_until_it_is_no_longer_bound() -> None:
    api = FakeApi()
    bound = ending(volume_protection.VOLUME_FINALIZER, status={"phase": "Bound"})
    api.put(VOLUME, bound)
    api.put(VOLUME.replace("disk", "free"), ending(volume_protection.VOLUME_FINALIZER))

    async def test() -> None:
        await until(lambda: api.writes() == {"PATCH": 1}, "the free one is let go")
        assert volume_protection.VOLUME_FINALIZER in finalizers(api, VOLUME)
        api.put(VOLUME, {**bound, "status": {"phase": "Released"}})
        await until(lambda: finalizers(api, VOLUME) == ["other.test/mine"], "then the other")

    run(api, volume_protection.Volumes, test)
