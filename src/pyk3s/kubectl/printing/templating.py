"""`-o jsonpath=...` over objects, with kubectl's words for templates that cannot be read or do not fit. Pure."""

from typing import Any

from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.printing import json_text, jsonpath

JSON = dict[str, Any]


class Template:
    """A template read once; raises CommandError where it cannot be read."""

    def __init__(self, text: str, *, lenient: bool):
        self._text, self._lenient = text, lenient
        try:
            self._nodes = jsonpath.parse(text)
        except jsonpath.PathError as error:
            raise CommandError(f"error parsing jsonpath {text}, {error}") from error

    def text(self, obj: JSON) -> str:
        """What the template makes of an object; raises CommandError where it does not fit."""
        try:
            return jsonpath.evaluate(self._nodes, obj, lenient=self._lenient)
        except jsonpath.PathError as error:
            raise self._unfit(obj, error) from error

    def found(self, obj: JSON) -> str:
        """What the template's expressions find, as a JSON list; raises CommandError where it does not fit."""
        try:
            found = jsonpath.results(self._nodes, obj, lenient=self._lenient)
        except jsonpath.PathError as error:
            raise self._unfit(obj, error) from error
        return json_text.dump([value for each in found for value in each])

    def _unfit(self, obj: JSON, why: Exception) -> CommandError:
        return CommandError(
            f'error executing jsonpath "{self._text}": Error executing template: {why}. '
            "Printing more information for debugging the template:\n"
            f"\ttemplate was:\n\t\t{self._text}\n"
            f"\tobject given to jsonpath engine was:\n\t\t{json_text.compact(obj)}\n\n"
        )
