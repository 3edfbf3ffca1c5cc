"""`ModelOps` over the v1 contract: the services joined, each call one line."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from core.nemo.addresses import ServiceAddress
from core.nemo.operations import (
    CustomizationSpec,
    CustomizationStatus,
    DatasetReference,
    Decoding,
    Deployment,
    DeploymentSpec,
    EvaluationSpec,
    EvaluationStatus,
    MarkedJob,
    RemoteSample,
    ServiceHealth,
    TimedAnswer,
)
from core.nemo.transport import Transport, TransportOptions
from core.nemo.v1.customizations import Customizations
from core.nemo.v1.datasets import Datasets
from core.nemo.v1.deployments import Deployments
from core.nemo.v1.evaluations import Evaluations
from core.nemo.v1.health import probe_services
from core.nemo.v1.inference import Inference
from core.nemo.v1.results import stream_samples
from core.settings import Settings, resolve_secret


class NemoV1:
    """The services of one installation, in one namespace; safe to share between threads."""

    def __init__(
        self, *, services: Transport, nim: Transport, data_store: Transport, namespace: str, project: str
    ) -> None:
        self._services = services
        self._nim = nim
        self._data_store = data_store
        self._datasets = Datasets(services=services, data_store=data_store, namespace=namespace, project=project)
        self._deployments = Deployments(services=services, nim=nim, namespace=namespace, project=project)
        self._customizations = Customizations(services=services, namespace=namespace, project=project)
        self._evaluations = Evaluations(services=services, namespace=namespace, project=project)
        self._inference = Inference(nim=nim)

    def put_dataset(self, name: str, files: Mapping[str, bytes], *, run_id: str) -> DatasetReference:
        """Create or overwrite dataset `name` with `files` and register it; repeatable."""
        return self._datasets.put(name, files, run_id=run_id)

    def delete_dataset(self, name: str) -> None:
        """Remove a dataset from both stores."""
        self._datasets.delete(name)

    def create_deployment(self, spec: DeploymentSpec) -> None:
        """Ask for a deployment. Raises `ResourceExists` when the name is taken."""
        self._deployments.create(spec)

    def find_deployment(self, name: str) -> Deployment | None:
        """Return the deployment of this name, or None."""
        return self._deployments.find(name)

    def list_deployments(self) -> Sequence[Deployment]:
        """Return all deployments of the namespace."""
        return self._deployments.list()

    def delete_deployment(self, name: str) -> None:
        """Remove a deployment."""
        self._deployments.delete(name)

    def list_models(self) -> frozenset[str]:
        """Return the ids that the NIM proxy answers for."""
        return self._deployments.list_models()

    def create_customization(self, spec: CustomizationSpec) -> str:
        """Start a fine-tuning job and return its id. Raises `ResourceExists` when the service knows the name."""
        return self._customizations.create(spec)

    def find_customizations(self, spec: CustomizationSpec, *, since: datetime) -> Sequence[CustomizationStatus]:
        """Return the jobs with the spec's key or output model that were created after `since`, oldest first."""
        return self._customizations.find(spec, since=since)

    def get_customization(self, job_id: str) -> CustomizationStatus:
        """Return the job's state, losses and log. Raises `ResourceMissing` when it vanished."""
        return self._customizations.get(job_id)

    def cancel_customization(self, job_id: str) -> None:
        """Ask the job to stop; nothing happens when it has ended or vanished."""
        self._customizations.cancel(job_id)

    def delete_model(self, model: str) -> None:
        """Remove a customized model."""
        self._customizations.delete_model(model)

    def create_evaluation(self, spec: EvaluationSpec) -> str:
        """Start an evaluation job and return its id."""
        return self._evaluations.create(spec)

    def find_evaluations(self, spec: EvaluationSpec, *, since: datetime) -> Sequence[EvaluationStatus]:
        """Return the evaluation jobs that carry the spec's key, oldest first."""
        return self._evaluations.find(spec, since=since)

    def get_evaluation(self, job_id: str) -> EvaluationStatus:
        """Return the job's state. Raises `ResourceMissing` when it vanished."""
        return self._evaluations.get(job_id)

    def cancel_evaluation(self, job_id: str) -> None:
        """Ask the job to stop; nothing happens when it has ended or vanished."""
        self._evaluations.cancel(job_id)

    def list_marked_jobs(self, *, since: datetime) -> Sequence[MarkedJob]:
        """Return the jobs that carry our mark and were created after `since`."""
        return [*self._customizations.list_marked(since=since), *self._evaluations.list_marked(since=since)]

    def evaluation_scores(self, job_id: str) -> Mapping[str, float]:
        """Return the service's own aggregate scores as `task.metric.score`."""
        return self._evaluations.scores(job_id)

    def evaluation_samples(self, job_id: str) -> Iterator[RemoteSample]:
        """Stream the per-record results of a completed evaluation."""
        return stream_samples(self._services, job_id)

    def ask(self, model: str, request: Mapping[str, object], *, decoding: Decoding) -> TimedAnswer:
        """Send one request to a model that answers, exactly once, and return how long it took."""
        return self._inference.ask(model, request, decoding=decoding)

    def probe(self) -> Sequence[ServiceHealth]:
        """Ask each service for its health; never raises for a service that is down."""
        return probe_services(self._services, self._nim, self._data_store)

    def close(self) -> None:
        """Close the connections."""
        for transport in (self._services, self._nim, self._data_store):
            transport.close()


def connect_v1(settings: Settings) -> NemoV1:
    """Return the adapter for the addresses of `settings.nemo`, with its secrets resolved."""
    nemo = settings.nemo
    options = TransportOptions(
        connect_timeout_s=nemo.connect_timeout_s,
        read_timeout_s=nemo.read_timeout_s,
        upload_timeout_s=nemo.upload_timeout_s,
        trust_env=nemo.trust_env,
    )

    def connect(name: str, setting: str, url: str, references: Mapping[str, str]) -> Transport:
        headers = {header: resolve_secret(reference) for header, reference in references.items()}
        return Transport(ServiceAddress(name=name, url=url, setting=f"nemo.{setting}", headers=headers), options)

    return NemoV1(
        services=connect("model services", "services", nemo.services_url, nemo.services_headers),
        nim=connect("NIM proxy", "nim", nemo.nim_url, nemo.nim_headers),
        data_store=connect("data store", "data_store", nemo.data_store_url, nemo.data_store_headers),
        namespace=nemo.namespace,
        project=nemo.project,
    )
