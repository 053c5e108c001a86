"""The frame of the reviews that webhooks answer: a question has a uid, and only a response that repeats it counts."""

from typing import Any, NamedTuple

JSON = dict[str, Any]


class BadAnswer(Exception):
    """A webhook's answer cannot be used; the text says why."""


class Review(NamedTuple):
    """One kind of review."""

    kind: str
    api_version: str

    def question(self, uid: str, request: JSON) -> JSON:
        return {"kind": self.kind, "apiVersion": self.api_version, "request": {"uid": uid, **request}}

    def response(self, body: Any, uid: str, *, absent: str) -> JSON:
        """The response to the question `uid`; raises BadAnswer, with the words of `absent` where there is none."""
        if not isinstance(body, dict) or (body.get("kind"), body.get("apiVersion")) != self:
            told = f"{body.get('apiVersion')}, Kind={body.get('kind')}" if isinstance(body, dict) else "no object"
            raise BadAnswer(f"expected webhook response of {self.api_version}, Kind={self.kind}, got {told}")
        response = body.get("response")
        if not isinstance(response, dict):
            raise BadAnswer(absent)
        if response.get("uid") != uid:
            raise BadAnswer(f'expected response.uid="{uid}", got "{response.get("uid") or ""}"')
        return response
