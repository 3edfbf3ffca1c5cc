"""`flywheel proxy`: the logging side-car in front of a model."""

from typing import Annotated

import typer

from app.commands.options import DataOption, JsonOption, settings_for
from app.commands.terminal import note

HOST = "127.0.0.1"
SPOOL = "proxy-spool.ndjson"


def proxy(
    *,
    upstream: Annotated[str, typer.Option(metavar="URL", help="Where the model is called, without /v1/...")],
    port: Annotated[int, typer.Option("--port", min=1, max=65535, metavar="N", help="Port to listen on.")] = 8640,
    workload: Annotated[str, typer.Option(metavar="W", help="Workload of requests without X-Workload-Id.")] = "default",
    client: Annotated[str, typer.Option(metavar="C", help="Client of requests without X-Client-Id.")] = "default",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Pass calls on to an OpenAI-compatible model and log them with their answers; never holds one up."""
    from app.addresses import listen_on
    from app.process_log import set_up_log
    from app.proxy import Journal, Tags, create_proxy, serve_proxy
    from core.errors import InputError
    from core.logs import open_log_store

    settings = settings_for(data)
    set_up_log(form="json" if json else settings.logging.format, level=settings.logging.level)
    if not upstream.startswith(("http://", "https://")):
        raise InputError("--upstream must be an address such as https://api.example", field="upstream")
    listen_on(HOST, port, field="port").close()
    journal = Journal(lambda: open_log_store(settings), settings.data / SPOOL)
    note(f"passing http://{HOST}:{port} on to {upstream}; logging to {settings.logs_place}")
    serve_proxy(create_proxy(upstream, journal, Tags(workload_id=workload, client_id=client)), host=HOST, port=port)
