"""The language that the package speaks: English, or one that it has a catalogue of messages for."""

import gettext
import os
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"  # written by `make translate`


def _(message: str) -> str:
    """Mark a message for the translators; it is translated where it is said."""
    return message


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("course_utils", LOCALE, [language], fallback=True)


def say(message: str, **places) -> str:
    """Translate a message and fill in its places; one without a translation stays English."""
    return _catalogue(os.environ.get("COURSE_LANGUAGE") or "en").gettext(message).format(**places)


def set_language(language: str) -> None:
    """Choose the language of all messages, here and in the processes that are started from here.

    The environment variable ``COURSE_LANGUAGE``, which this sets, says the same from outside.

    Args:
        language: ``"en"``, or one that there is a translation for, such as ``"zh"``.

    Raises:
        ValueError: there is no translation for it.
    """
    languages = ["en", *sorted(file.parts[-3] for file in LOCALE.glob("*/LC_MESSAGES/course_utils.mo"))]
    if language not in languages:
        raise ValueError(
            say(
                _("There is no language {language!r}: choose from {languages}."),
                language=language,
                languages=", ".join(languages),
            )
        )
    os.environ["COURSE_LANGUAGE"] = language
