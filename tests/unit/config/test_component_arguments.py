"""Arguments of the kubelet and of the controllers: taken, or refused with what there is."""

import dataclasses

import pytest

from pyk3s.config import component_arguments as arguments
from pyk3s.controllers.settings import ControllerSettings
from pyk3s.lib.failure import Failure
from pyk3s.node.settings import CollectionSettings, NodeSettings


def test_arguments_of_the_kubelet_become_fields_of_its_settings():
    given = ("max-pods=250", "--image-gc-high-threshold=70", "image-gc-low-threshold=60", "container-log-max-size=1Mi")
    node, collection = arguments.kubelet(given)
    assert node == {"max_pods": 250}
    assert collection == {"image_high_percent": 70, "image_low_percent": 60, "log_size": 1 << 20}


def test_arguments_of_the_controllers_become_fields_of_their_settings():
    given = ("node-monitor-grace-period=1m30s", "node-cidr-mask-size=26")
    assert arguments.controllers(given) == {"node_grace_s": 90.0, "node_cidr_prefix": 26}


@pytest.mark.parametrize(
    ("table", "settings"),
    [
        (arguments.KUBELET, NodeSettings),
        (arguments.COLLECTION, CollectionSettings),
        (arguments.CONTROLLERS, ControllerSettings),
    ],
)
def test_every_argument_sets_a_field_that_there_is(table, settings):
    fields = {field.name for field in dataclasses.fields(settings)}
    assert {argument.field for argument in table.values()} <= fields


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("feature-gates=All=true", "--kubelet-arg feature-gates is refused: supported are allowed-unsafe-sysctls"),
        ("max-pods=0", "a whole number from 1"),
        ("max-pods", "invalid value '' for --kubelet-arg max-pods"),
        ("image-gc-high-threshold=101", "a percentage"),
        ("image-gc-high-threshold=50", "low-threshold 80 is not below"),
        ("container-log-max-size=many", "a size such as 10Mi"),
        ("container-log-max-files=1", "from 2"),
        ("minimum-image-ttl-duration=5", "invalid value '5'"),
    ],
)
def test_what_cannot_be_is_refused(given, said):
    with pytest.raises(Failure, match=said):
        arguments.kubelet((given,))


def test_an_argument_of_the_controllers_that_is_not_known_is_refused():
    with pytest.raises(Failure, match="--kube-controller-manager-arg bind-address is refused: supported are"):
        arguments.controllers(("bind-address=0.0.0.0",))
