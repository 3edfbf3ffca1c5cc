"""Delivers the outbox as signed webhooks: retried, dead-lettered, sent again on request."""

from core.notify.deliveries import (
    Delivery,
    DeliveryStatus,
    NoticeNotFound,
    list_deliveries,
    plan_deliveries,
    resend_dead,
    resend_notice,
)
from core.notify.sending import deliver_due
from core.notify.timing import RETRY_AFTER_S

__all__ = [
    "RETRY_AFTER_S",
    "Delivery",
    "DeliveryStatus",
    "NoticeNotFound",
    "deliver_due",
    "list_deliveries",
    "plan_deliveries",
    "resend_dead",
    "resend_notice",
]
