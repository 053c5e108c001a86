"""Asks the conversion webhook of a definition: many objects at once, checks what comes back.

Failures are told in upstream's words, as a bare 500. One question holds at most some megabytes of objects, so that the
answer to it stays within what a webhook may answer; usual lists are one question.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from pyk3s.api import status, webhook_reviews
from pyk3s.api.customresources import conversion
from pyk3s.apiserver import webhook_client
from pyk3s.apiserver.registry import creation

JSON = dict[str, Any]
TIMEOUT_S = 30
QUESTION_BYTES = webhook_client.MOST_BYTES // 4


class Webhook:
    """The conversion webhook of one definition, out of its `spec.conversion.webhook`."""

    def __init__(self, caller: webhook_client.Caller, webhook: JSON):
        self._caller = caller
        self._client = webhook["clientConfig"]
        self._authority = webhook_client.authority(self._client.get("caBundle"))
        self._version = conversion.review_version(webhook["conversionReviewVersions"])

    async def convert(self, objects: Sequence[JSON], api_version: str) -> list[JSON]:
        """The objects in another version, in order; raises StatusError."""
        made: list[JSON] = []
        for batch in batches(objects, QUESTION_BYTES):
            made += await self._convert(batch, api_version)
        return made

    async def _convert(self, objects: Sequence[JSON], api_version: str) -> list[JSON]:
        first = objects[0]
        opening = f"conversion webhook for {first['apiVersion']}, Kind={first['kind']}"
        uid = creation.new_uid()
        question = conversion.question(objects, api_version, uid=uid, version=self._version)
        try:
            answer = await self._caller.post(self._client, self._authority, question, TIMEOUT_S)
            return conversion.converted(answer, objects, api_version, uid=uid, version=self._version)
        except webhook_client.CallFailed as error:
            raise status.bare(f"{opening} failed: {error}") from error
        except webhook_reviews.BadAnswer as error:
            raise status.bare(f"{opening} {error}") from error


def batches(objects: Sequence[JSON], most_bytes: int) -> Iterator[list[JSON]]:
    """The objects in order, in runs whose JSON is about `most_bytes` at most."""
    batch: list[JSON] = []
    size = 0
    for each in objects:
        length = len(msgspec.json.encode(each))
        if batch and size + length > most_bytes:
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += length
    if batch:
        yield batch
