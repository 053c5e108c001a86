"""What is said of values that do not fit their type, by readers of text and by makers of structures."""

import pytest

from pyk3s.api.schema import explaining, pack

DEPLOYMENT = "io.k8s.api.apps.v1.Deployment"


@pytest.mark.parametrize(
    ("value", "told", "restored"),
    [
        (
            {"spec": {"replicas": "x"}},
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
            "unrecognized type: int32",
        ),
        (
            {"spec": {"replicas": 1.5}},
            "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
            "cannot convert float64 to int32",
        ),
        (
            {"metadata": {"name": 5}},
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string",
            "cannot convert int64 to string",
        ),
        (
            {"metadata": {"labels": "x"}},
            "json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string",
            "cannot restore map from string",
        ),
        (
            {"metadata": {"finalizers": True}},
            "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.finalizers of type []string",
            "cannot restore slice from bool",
        ),
        (
            {"spec": ["x"]},
            "json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec",
            "cannot restore struct from: slice",
        ),
    ],
)
def test_a_misfit_is_told_in_the_words_of_its_reader(value, told: str, restored: str) -> None:
    with pytest.raises(explaining.DoesNotFit) as refused:
        explaining.unknown_fields(pack.load().type(DEPLOYMENT), value)
    assert (str(refused.value), refused.value.restored) == (told, restored)
