"""`-o` as a value: which form, and its argument. What is not built in is refused in words."""

import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.printing import custom_columns, json_text, jsonpath, yaml_text

JSON = dict[str, Any]
TEMPLATES = ("go-template", "go-template-file", "template", "templatefile")
WITH_ARGUMENT = ("custom-columns", "custom-columns-file", "jsonpath", "jsonpath-as-json", "jsonpath-file")
FORMS = ("json", "name", "yaml", *WITH_ARGUMENT, *TEMPLATES)


class Format(NamedTuple):
    """`form` is "" for the human one, `wide`, or one of FORMS; `argument` follows the equals sign."""

    form: str
    argument: str = ""

    @property
    def human(self) -> bool:
        return self.form in ("", "wide")


def parse(output: str, *, allowed: Sequence[str] = (*FORMS, "wide")) -> Format:
    """The format that `-o` asks for; raises CommandError."""
    form, _, argument = output.partition("=")
    if form in TEMPLATES and form in allowed:
        raise CommandError(f"-o {form} is refused by the built-in kubectl: use -o jsonpath, custom-columns or json")
    if output and form not in allowed:
        listed = ",".join(sorted(allowed))
        raise CommandError(
            f'unable to match a printer suitable for the output format "{output}", allowed formats are: {listed}'
        )
    if form in WITH_ARGUMENT and not argument:
        if form.startswith("custom-columns"):
            raise CommandError(f"{form} format specified but no custom columns given")
        raise CommandError("template format specified but no template given")
    return Format(form, argument)


def without_managers(obj: JSON) -> JSON:
    """The object, and those in it if it is a list, without their managed fields."""
    if isinstance(obj.get("items"), list) and obj.get("kind", "").endswith("List"):
        return {**obj, "items": [without_managers(item) for item in obj["items"]]}
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return obj
    return {**obj, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}


class Printer:
    """Prints objects in one of the machine-readable forms; several YAML documents are told apart."""

    def __init__(self, chosen: Format, *, managers: bool = False, lenient: bool = True):
        self._chosen, self._managers, self._lenient = chosen, managers, lenient
        self._printed = 0
        if chosen.form in ("jsonpath", "jsonpath-as-json", "jsonpath-file"):
            self._template = chosen.argument
            if chosen.form == "jsonpath-file":
                self._template = read_text(chosen.argument)
            try:
                self._nodes = jsonpath.parse(self._template)
            except jsonpath.PathError as error:
                raise CommandError(f"error parsing jsonpath {self._template}, {error}") from error

    def text(self, obj: JSON) -> str:
        """An object as text; raises CommandError where a template does not fit."""
        obj = obj if self._managers else without_managers(obj)
        self._printed += 1
        match self._chosen.form:
            case "json":
                return json_text.dump(obj)
            case "yaml":
                return ("---\n" if self._printed > 1 else "") + yaml_text.dump(obj)
        try:
            if self._chosen.form == "jsonpath-as-json":
                found = [value for each in jsonpath.results(self._nodes, obj, lenient=self._lenient) for value in each]
                return json_text.dump(found)
            return jsonpath.evaluate(self._nodes, obj, lenient=self._lenient)
        except jsonpath.PathError as error:
            raise CommandError(
                f'error executing jsonpath "{self._template}": Error executing template: {error}. '
                "Printing more information for debugging the template:\n"
                f"\ttemplate was:\n\t\t{self._template}\n"
                f"\tobject given to jsonpath engine was:\n\t\t{json_text.compact(obj)}\n\n"
            ) from error


def columns(chosen: Format) -> list[custom_columns.Column]:
    """The columns of `-o custom-columns` or `-o custom-columns-file`."""
    if chosen.form == "custom-columns-file":
        return custom_columns.parse_file(read_text(chosen.argument))
    return custom_columns.parse(chosen.argument)


def read_text(path: str) -> str:
    """A file's text; raises CommandError."""
    try:
        return pathlib.Path(path).read_text()
    except OSError as error:
        raise CommandError(f"open {path}: {(error.strerror or '').lower()}") from error
