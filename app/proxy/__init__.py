"""The logging side-car: passes an application's calls on to its model and logs requests with their answers.

`application` owns the passing on, `answers` what a streamed answer was as a whole, `journal` how records get into the
log store without ever holding up an answer, `spool` where they wait while it is down.
"""

from app.proxy.application import Tags, create_proxy, serve_proxy
from app.proxy.journal import Journal

__all__ = ["Journal", "Tags", "create_proxy", "serve_proxy"]
