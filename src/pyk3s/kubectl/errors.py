"""What ends a command, in kubectl's words."""

from typing import Any

from pyk3s.client.errors import ApiError


class CommandError(Exception):
    """A command that cannot go on: one message, shown after `error: `, and the exit status."""

    def __init__(self, message: str, status: int = 1, *, plain: bool = False):
        super().__init__(message)
        self.status, self.plain = status, plain


class Ended(Exception):
    """A command is over with this exit status, and everything is already said."""

    def __init__(self, status: int):
        super().__init__(status)
        self.status = status


def usage(message: str, path: str) -> CommandError:
    """A wrong use of the command at `path`, such as `create secret`, with the hint to its help."""
    return CommandError(f"{message}\nSee 'kubectl {path} -h' for help and examples")


def no_more_words(words: list[str], path: str) -> None:
    """Raise CommandError for words that a command cannot use."""
    if words:
        raise usage(f"Unexpected args: [{' '.join(words)}]", path)


def told(error: Exception) -> str:
    """The line or lines of an error as they are shown."""
    match error:
        case ApiError():
            return _refusal(error)
        case CommandError(plain=True):
            return str(error)
    return f"error: {error}"


def _refusal(error: ApiError) -> str:
    if error.reason == "Invalid":
        return _invalid(error)
    if error.reason == "Unauthorized":
        return "error: You must be logged in to the server (Unauthorized)"
    if error.reason:
        return f"Error from server ({error.reason}): {error.message}"
    return f"Error from server: {error.message}"


def _invalid(error: ApiError) -> str:
    details: dict[str, Any] = error.details
    causes = details.get("causes") or []
    text = "The request is invalid"
    if details.get("kind") or details.get("name"):
        text = f'The {details.get("kind", "")} "{details.get("name", "")}" is invalid'
    said = list(dict.fromkeys(_cause(each) for each in causes))
    if not said and error.message and not details.get("kind"):
        text = f"{text}: {error.message}"
    if not said:
        return text
    return f"{text}: {said[0]}" if len(said) == 1 else "\n* ".join([f"{text}: ", *said])


def _cause(cause: dict[str, Any]) -> str:
    field = cause.get("field")
    return f"{field}: {cause.get('message', '')}" if field else str(cause.get("message", ""))
