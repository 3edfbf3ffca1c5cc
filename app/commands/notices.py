"""`flywheel notices`: what the webhooks were told, and sending it again."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import DataOption, JsonOption, installed_at
from app.commands.terminal import moment, say, say_json, say_table

if TYPE_CHECKING:
    from core.notify import Delivery

HEAD = ("notice", "tells", "run", "webhook", "state", "attempts", "written (UTC)", "next (UTC)", "problem")

app = typer.Typer(help="Notices: what webhooks were told.", no_args_is_help=True)


@app.command("list")
def list_all(
    *,
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List deliveries, newest notice first."""
    from core.notify import DeliveryStatus, list_deliveries

    statuses = (DeliveryStatus.DEAD,) if dead else None
    with installed_at(data) as parts, parts.database.read() as session:
        found = list_deliveries(session, statuses=statuses, limit=limit)
    if json:
        say_json({"deliveries": found})
    elif not found:
        say("No notice was sent to a webhook yet; `webhooks` in the settings says where to.")
    else:
        say_table(HEAD, [_cells(delivery) for delivery in found])


@app.command("resend")
def resend(
    notice: Annotated[str, typer.Argument(metavar="NOTICE", help="The notice's id.")],
    *,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Send a notice again to every webhook it was planned for; a worker does it."""
    from core.database import utc_now
    from core.notify import resend_notice

    with installed_at(data) as parts:
        count = resend_notice(parts.database, notice, now=utc_now())
    if json:
        say_json({"id": notice, "webhooks": count})
    else:
        say(f"{notice} will be sent again to {count} webhooks")


def _cells(delivery: "Delivery") -> tuple[str, ...]:
    return (
        delivery.notice_id,
        delivery.type,
        delivery.run_id,
        delivery.webhook,
        delivery.status,
        str(delivery.attempts),
        moment(delivery.created_at),
        moment(delivery.next_attempt_at) if delivery.status == "waiting" else "",
        delivery.last_error or "",
    )
