"""The text format of Prometheus."""

from pyk3s.apiserver.metrics import exposition


def test_labels_are_escaped() -> None:
    assert exposition.sample("n", {"a": 'x"\\\n'}, 1.0) == 'n{a="x\\"\\\\\\n"} 1'


def test_a_family_without_samples_is_left_out() -> None:
    assert exposition.family("n", "gauge", "Told.", []) == []
    assert exposition.family("n", "gauge", "Told.", [({}, 0.5)])[1:] == ["# TYPE n gauge", "n 0.5"]


def test_buckets_add_up() -> None:
    lines = exposition.histogram("n", {"v": "GET"}, (0.1, 1), [2, 1, 3], 9.5)
    assert lines == [
        'n_bucket{v="GET",le="0.1"} 2',
        'n_bucket{v="GET",le="1"} 3',
        'n_bucket{v="GET",le="+Inf"} 6',
        'n_sum{v="GET"} 9.5',
        'n_count{v="GET"} 6',
    ]
