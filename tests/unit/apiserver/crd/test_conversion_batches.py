from pyk3s.apiserver.crd import converting


def test_objects_are_asked_about_together_up_to_a_size():
    objects = [{"a": "x" * 90} for _ in range(5)]
    assert [len(batch) for batch in converting.batches(objects, 1000)] == [5]
    assert [len(batch) for batch in converting.batches(objects, 220)] == [2, 2, 1]
    assert [len(batch) for batch in converting.batches(objects, 1)] == [1] * 5
    assert list(converting.batches([], 1)) == []
