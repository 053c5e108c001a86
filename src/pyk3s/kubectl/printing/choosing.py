"""`-o` as a value: which form, and its argument. What is not built in is refused in words."""

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pyk3s.kubectl.errors import CommandError

if TYPE_CHECKING:
    from pyk3s.kubectl.printing import custom_columns

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
        if chosen.form.startswith("jsonpath"):
            from pyk3s.kubectl.printing import templating

            text = read_text(chosen.argument) if chosen.form == "jsonpath-file" else chosen.argument
            self._template = templating.Template(text, lenient=lenient)

    def text(self, obj: JSON) -> str:
        """An object as text; raises CommandError where a template does not fit."""
        if not self._managers and self._chosen.form in ("json", "yaml"):  # templates may look at them
            obj = without_managers(obj)
        self._printed += 1
        if self._chosen.form == "yaml":
            from pyk3s.kubectl.printing import yaml_text

            return ("---\n" if self._printed > 1 else "") + yaml_text.dump(obj)
        if self._chosen.form == "json":
            from pyk3s.kubectl.printing import json_text

            return json_text.dump(obj)
        return self._template.found(obj) if self._chosen.form == "jsonpath-as-json" else self._template.text(obj)


def columns(chosen: Format) -> "list[custom_columns.Column]":
    """The columns of `-o custom-columns` or `-o custom-columns-file`."""
    from pyk3s.kubectl.printing import custom_columns

    if chosen.form == "custom-columns-file":
        return custom_columns.parse_file(read_text(chosen.argument))
    return custom_columns.parse(chosen.argument)


def read_text(path: str) -> str:
    """A file's text; raises CommandError."""
    try:
        return pathlib.Path(path).read_text()
    except OSError as error:
        raise CommandError(f"open {path}: {(error.strerror or '').lower()}") from error
