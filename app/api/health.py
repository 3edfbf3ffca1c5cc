"""Whether the API can do its work, for load balancers, `flywheel up` and people."""

from fastapi import APIRouter, Response

from app.api.context import Surroundings
from app.api.result_replies import HealthReply, ServiceReply
from app.failures import explain
from core.database import DATABASE_DOWN
from core.runs import list_health, list_workers

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Health", responses={503: {"description": "not able to work", "model": HealthReply}})
def get_health(context: Surroundings, response: Response) -> HealthReply:
    """Return 200 when the state database answers, else 503; workers and services are told, not judged."""
    database = context.installation.database
    try:
        with database.read() as session:
            workers, services = list_workers(session, database), list_health(session)
    except DATABASE_DOWN as error:
        response.status_code = 503
        return HealthReply(status="failing", database=explain(error).message, workers=0, services=[])
    return HealthReply(
        status="ok",
        database="ok",
        workers=len(workers),
        services=[
            ServiceReply(service=row.service, ok=row.ok, detail=row.detail, since=row.since, checked_at=row.checked_at)
            for row in services
        ],
    )
