from pyk3s.apiserver.authz.rbac.defaults import reconcile


def default(kind, name):
    return next(each for each in reconcile.everything() if (each["kind"], each["metadata"]["name"]) == (kind, name))


def test_every_binding_refers_to_a_role_that_exists():
    made = reconcile.everything()
    names = {(each["kind"], each["metadata"]["name"]) for each in made}
    bindings = [each for each in made if "roleRef" in each]
    assert all((each["roleRef"]["kind"], each["roleRef"]["name"]) in names for each in bindings)


def test_no_default_object_is_there_twice():
    keys = [(e["kind"], e["metadata"].get("namespace"), e["metadata"]["name"]) for e in reconcile.everything()]
    assert len(keys) == len(set(keys))


def test_a_complete_object_needs_no_additions():
    role = default("ClusterRole", "system:node")
    assert reconcile.additions(role, role) == {}


def test_rules_that_were_taken_away_come_back_and_others_stay():
    role = default("ClusterRole", "system:auth-delegator")
    own = {"apiGroups": ["x"], "resources": ["y"], "verbs": ["get"]}
    changed = {**role, "rules": [own, *role["rules"][1:]]}
    rules = reconcile.additions(changed, role)["rules"]
    assert own in rules and role["rules"][0] in rules


def test_subjects_that_were_taken_away_come_back():
    binding = default("ClusterRoleBinding", "system:discovery")
    assert reconcile.additions({**binding, "subjects": []}, binding) == {"subjects": binding["subjects"]}


def test_an_object_that_wants_no_updates_is_left_alone():
    role = default("ClusterRole", "system:auth-delegator")
    annotations = {"rbac.authorization.kubernetes.io/autoupdate": "false"}
    assert reconcile.additions({"metadata": {"annotations": annotations}, "rules": []}, role) == {}
