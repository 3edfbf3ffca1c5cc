"""The page at `/api/docs`: the OpenAPI schema as plain HTML, without scripts and without the network."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2330; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; font-size: 1.05rem } h3 { margin: 2rem 0 .25rem; font-size: .95rem }
code, .path { font-family: ui-monospace, monospace; font-size: .9em } td, th { padding: .2rem .8rem .2rem 0 }
table { border-collapse: collapse } td, th { text-align: left; vertical-align: top; border-bottom: 1px solid #e3e6ec }
.method { display: inline-block; min-width: 4.2rem; font-weight: 600 } nav a { display: block }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def add_documentation(api: FastAPI) -> None:
    """Serve the page at `/api/docs`; the machine-readable schema is at `/api/openapi.json`."""

    async def show_documentation(_request: Request) -> HTMLResponse:
        return HTMLResponse(render_documentation(api.openapi()), headers={"Content-Security-Policy": POLICY})

    api.add_route("/api/docs", show_documentation, include_in_schema=False)


def render_documentation(schema: Mapping[str, Any]) -> str:
    """Return the page for an OpenAPI schema."""
    title = escape(schema["info"]["title"])
    calls = [
        (method.upper(), path, operation)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    contents = "".join(
        f'<a href="#{_anchor(method, path)}"><span class="method">{method}</span>'
        f'<span class="path">{escape(path)}</span></a>'
        for method, path, _ in calls
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body><main>'
        f"<h1>{title}</h1><p>{escape(schema['info']['description'])} The same as a machine reads it: "
        f'<a href="/api/openapi.json">/api/openapi.json</a>.</p><nav>{contents}</nav>'
        f"{''.join(_render_call(*call) for call in calls)}<h2>Bodies</h2>"
        f"{''.join(_render_model(*model) for model in schema['components']['schemas'].items())}</main></body></html>"
    )


def _render_call(method: str, path: str, operation: Mapping[str, Any]) -> str:
    rows = [
        (parameter["name"], parameter["in"], _type(parameter["schema"]), parameter.get("description", ""))
        for parameter in operation.get("parameters", ())
    ]
    bodies = operation.get("requestBody", {}).get("content", {})
    rows += [("body", media_type, _type(content.get("schema", {})), "") for media_type, content in bodies.items()]
    answers = [
        (
            status,
            answer["description"],
            ", ".join(_type(c.get("schema", {})) for c in answer.get("content", {}).values()),
        )
        for status, answer in operation["responses"].items()
    ]
    return (
        f'<h2 id="{_anchor(method, path)}"><span class="method">{method}</span> '
        f'<span class="path">{escape(path)}</span></h2>'
        f"<p>{escape(operation.get('description') or operation.get('summary', ''))}</p>"
        f"{_table(('parameter', 'in', 'type', 'meaning'), rows)}<p></p>"
        f"{_table(('status', 'meaning', 'body'), answers)}"
    )


def _render_model(name: str, model: Mapping[str, Any]) -> str:
    required = model.get("required", ())
    rows = [
        (field, _type(shape), "" if field in required else "optional", shape.get("description", ""))
        for field, shape in model.get("properties", {}).items()
    ]
    values = ", ".join(str(value) for value in model.get("enum", ()))
    return (
        f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3>'
        f"<p>{escape(model.get('description', ''))} {escape(values)}</p>"
        f"{_table(('field', 'type', '', 'meaning'), rows)}"
    )


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = ["".join(f"<th>{escape(cell)}</th>" for cell in head)]
    lines += ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _type(shape: Mapping[str, Any]) -> str:
    return " or ".join(dict.fromkeys(_types(shape))) or "any"


def _types(shape: Mapping[str, Any]) -> Iterator[str]:
    if reference := shape.get("$ref"):
        yield str(reference).rpartition("/")[2]
    for alternative in (*shape.get("anyOf", ()), *shape.get("oneOf", ())):
        yield from _types(alternative)
    if shape.get("type") == "array":
        yield f"list of {_type(shape.get('items', {}))}"
    elif "type" in shape:
        yield str(shape.get("format", shape["type"]))


def _anchor(method: str, path: str) -> str:
    return escape(f"{method.lower()}{path}".replace("/", "-").replace("{", "").replace("}", ""))
