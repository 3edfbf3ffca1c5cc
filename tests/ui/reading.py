"""What a page without a browser says, as plain text: Streamlit's own elements, our HTML, and our tables."""

import html
import json
import re

from streamlit.testing.v1 import AppTest

_TAG = re.compile(r"<[^>]+>")


def read_texts(app: AppTest) -> str:
    """Return everything that is written on the page, elements separated by bars."""
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.info, app.warning, app.error)
    values = [f"{getattr(element.proto, 'title', '')} {element.value}" for kind in kinds for element in kind]
    return _plain(" | ".join([*values, read_html(app), *read_tables(app)]))


def read_html(app: AppTest) -> str:
    """Return the text of the page's own HTML, style sheets left out."""
    bodies = [element.proto.body for element in app.get("html") if not element.proto.body.startswith("<style")]
    return _plain(" | ".join(_TAG.sub(" ", body) for body in bodies))


def read_tables(app: AppTest) -> list[str]:
    """Return the text of each table of rows, cells separated by blanks."""
    sent = [element.proto.json for element in app.get("bidi_component")]
    tables = [json.loads(text)["html"] for text in sent if text and "html" in json.loads(text)]
    return [_plain(_TAG.sub(" ", table.replace("<wbr>", ""))) for table in tables]


def read_links(app: AppTest) -> list[str]:
    """Return where the rows of the page's tables lead, in order."""
    sent = [element.proto.json for element in app.get("bidi_component")]
    return [html.unescape(link) for text in sent for link in re.findall(r'href=\\?"([^"\\]+)', text)]


def button_keys(app: AppTest) -> set[str | None]:
    """Return the keys of the page's buttons."""
    return {button.key for button in app.button}


def _plain(text: str) -> str:
    return " ".join(html.unescape(text).replace("\N{NO-BREAK SPACE}", " ").replace("\\", "").split())
