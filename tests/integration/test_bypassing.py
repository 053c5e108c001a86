"""Nothing about paths, queries or headers gets a user what roles do not give."""

import http.client
import json

import pytest
from api_in_process import running
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyk3s.apiserver import identity, routing
from pyk3s.wire.http import messages

MARK = "hidden-from-alice"
SECRET = "/api/v1/namespaces/kube-system/secrets"
RULES = [
    {"apiGroups": [""], "resources": ["configmaps", "pods", "pods/log"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"], "verbs": ["get", "list", "watch"]},
    {"nonResourceURLs": ["/openapi/*", "/api/*", "/healthz/*"], "verbs": ["get"]},
]
EXAMPLES = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@pytest.fixture(scope="module")
def api():
    with running() as server:
        group, name = "rbac.authorization.k8s.io", {"name": "alice"}
        role = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": name, "rules": RULES}
        binding = {
            "apiVersion": f"{group}/v1", "kind": "ClusterRoleBinding", "metadata": name,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "alice"},
            "subjects": [{"apiGroup": group, "kind": "User", "name": "alice"}],
        }  # fmt: skip
        assert server.send("POST", f"/apis/{group}/v1/clusterroles", role).code == 201
        assert server.send("POST", f"/apis/{group}/v1/clusterrolebindings", binding).code == 201
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": MARK}, "stringData": {"key": MARK}}
        assert server.send("POST", SECRET, secret).code == 201
        yield server


def raw(api, method, target, headers=(), token="alice-token"):
    """Code and body of the answer to a target that is sent as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=30)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in (("Authorization", f"Bearer {token}"), *headers):
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_guard_sees_what_it_guards_against(api):
    assert MARK.encode() in raw(api, "GET", SECRET, token="admin-token")[1]
    assert raw(api, "GET", SECRET)[0] == 403
    assert raw(api, "GET", "/api/v1/configmaps")[0] == 200


def _mangled(text):
    """A segment as it is, or with letters percent-encoded, once or twice."""
    every = "".join(f"%{ord(letter):02x}" for letter in text)
    return st.sampled_from(
        [text, text.upper(), every, every.replace("%", "%25"), f"{text}%00", f"{text}%20", f"{text};"]
    )


WORDS = ("api", "apis", "v1", "namespaces", "kube-system", "secrets", MARK, "watch", "mine", "configmaps", "pods", "a")
SEGMENTS = st.one_of(
    st.sampled_from(WORDS).flatmap(_mangled),
    st.sampled_from(
        ["", ".", "..", "%2e%2e", "%2E", "..%2f", "%2f", "%5c..", "proxy", "log", "status", "openapi", "v2"]
    ),
)
GOAL = tuple(part for part in SECRET.split("/") if part)
SLASHES = st.sampled_from(["/", "//", "/./", "/%2f", "%2f", "/..%2f", "/a/..%2f", "/a/../", "\\"])
JOINED = st.tuples(*(st.tuples(SLASHES, _mangled(part)) for part in (*GOAL, MARK))).map(
    lambda parts: "/" + "".join(slash + part for slash, part in parts).lstrip("/")
)
PREFIXES = st.sampled_from(
    ["", "/openapi", "/api", "/healthz/..", "/api/v1/namespaces/a/pods/b/log/../../../../../../.."]
)
PATHS = st.one_of(
    st.lists(SEGMENTS, min_size=1, max_size=9).map(lambda parts: "/" + "/".join(parts)),
    st.tuples(PREFIXES, JOINED).map("".join),
)
QUERIES = st.sampled_from(
    [
        "", "?watch=1&timeoutSeconds=1", "?fieldSelector=metadata.name=mine",
        "?fieldSelector=metadata.name=mine&fieldSelector=metadata.name%21=mine",
        "?fieldSelector=metadata.name%3Dmine%2Cmetadata.name%21%3Dmine", "?fieldSelector=metadata.name%21%3Dmine",
        "?fieldSelector=metadata.name==mine,metadata.namespace=kube-system", "?pretty=1", "?limit=1&continue=x", "?a;b",
    ]
)  # fmt: skip


@EXAMPLES
@given(PATHS, QUERIES, st.sampled_from(["GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"]))
def test_no_path_shows_what_roles_do_not_allow(api, path, query, method):
    code, body = raw(api, method, path + query)
    assert code < 500, body
    assert MARK.encode() not in body or code in (403, 404, 405), (code, body[:200])
    assert b"stringData" not in body


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "Impersonate-User", "impersonate-user", "IMPERSONATE-USER", "Impersonate_User", "Impersonate-Group",
                "Impersonate-Uid", "Impersonate-Extra-Scopes", "X-Remote-User", "X-Remote-Group", "X-Forwarded-User",
                "X-Original-Url", "X-HTTP-Method-Override", "Authorization", "Audit-ID", "X-Forwarded-For",
            ]
        ),
        st.sampled_from(
            ["admin", "system:masters", "system:admin", "", " ", "alice", "Bearer ", "Basic YTpi", "Bearer alice-token",
             "Bearer guess", "bearer  alice-token", SECRET, "a" * 2000]
        ),
    ),
    max_size=5,
)  # fmt: skip


@EXAMPLES
@given(HEADERS)
def test_no_headers_make_a_user_somebody_else(api, headers):
    code, body = raw(api, "GET", SECRET, headers)
    assert code in (400, 401, 403), (code, body[:200])
    assert MARK.encode() not in body


def test_headers_that_are_too_large_are_refused(api):
    assert raw(api, "GET", "/version", [("X-Large", "a" * (2 << 20))], token="guess")[0] in (400, 431)
    assert raw(api, "GET", "/version", token="x" * 200_000)[0] == 401


@EXAMPLES
@given(PATHS, QUERIES)
def test_what_is_authorised_is_what_is_served(api, path, query):
    """The very same route goes to the authoriser and to the handlers."""
    front, asked = api.server.front, []

    class Spy:
        def decide(self, access):
            asked.append(access)
            return identity.Decision(False)

    request = messages.Request("GET", path + query, messages.Headers(), b"", messages.Peer("127.0.0.1"))
    before, front.authorizer = front.authorizer, Spy()
    try:
        answer = front(request)
    finally:
        front.authorizer = before
    assert answer.status == 403
    (access,), route = asked, routing.route(request.path)
    seen = (access.group, access.version, access.plural, access.subresource, access.namespace, access.path)
    assert seen == (route.group, route.version, route.plural, route.subresource, route.namespace, request.path)
    assert access.name == route.name or (not route.name and access.name == "mine")


def test_paths_of_strangers_do_not_fill_our_memory():
    for number in range(routing.REMEMBERED * 2):
        routing.route(f"/api/v1/pods/{number}/{'x' * (number % 3 * 400)}")
    assert len(routing._seen) <= routing.REMEMBERED
    assert all(len(path) <= routing.LONGEST for path in routing._seen)


def test_the_answer_to_an_unknown_token_is_the_same_for_all_of_them(api):
    told = {json.dumps(json.loads(raw(api, "GET", SECRET, token=token)[1])) for token in ("x", "alice-toke", "a.b.c")}
    assert len(told) == 1
