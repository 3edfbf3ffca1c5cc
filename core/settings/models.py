"""Every setting with its default and its range; what a value means to a reader stands in `docs/configuration.md`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core.errors import NotFoundError, near_miss
from core.settings.secrets import is_reference, resolve_secret, without_password


def _service_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address such as http://host:port")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user or password; use headers that refer to a secret")
    return url.rstrip("/")


def _secret_reference(value: str) -> str:
    if not is_reference(value):
        raise ValueError("must refer to a secret (env:NAME, file:/path or 'Bearer env:NAME'), not be one")
    return value


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


ServiceUrl = Annotated[str, AfterValidator(_service_url)]
SecretReference = Annotated[str, AfterValidator(_secret_reference)]
AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
Name = Annotated[str, Field(min_length=1, max_length=256)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, lt=1)]
LearningRate = Annotated[float, Field(gt=0)]
PriceUsd = Annotated[float, Field(ge=0)]
Port = Annotated[int, Field(ge=1, le=65535)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class DatabaseSettings(_Section):
    """Where the state lives. `url` may be a secret reference; empty means SQLite in the data folder."""

    url: str = Field(default="", repr=False)


class ElasticsearchSettings(_Section):
    """The cluster of the log store. `index` begins the names of its indices, or names an index that is there already.

    A `fingerprint` trusts one certificate, whoever signed it; a `ca_file` does not count then. `patience_s` is how long
    imports and streams wait for a cluster that is away.
    """

    url: ServiceUrl = "http://127.0.0.1:9200"
    index: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")] = "flywheel-logs"
    api_key: SecretReference | None = None
    user: Name | None = None
    password: SecretReference | None = None
    ca_file: AbsolutePath | None = None
    fingerprint: Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{2}:?){32}$")] | None = None
    replicas: Annotated[int, Field(ge=0, le=10)] = 1
    timeout_s: Seconds = 30.0
    patience_s: Seconds = 300.0

    @model_validator(mode="after")
    def _check_credentials(self) -> Self:
        if (self.user is None) is not (self.password is None):
            raise ValueError("user and password belong together")
        if self.api_key is not None and self.user is not None:
            raise ValueError("give an api_key or a user, not both")
        return self

    @property
    def is_loopback(self) -> bool:
        """Tell whether the server is on this machine."""
        return urlsplit(self.url).hostname in {"127.0.0.1", "::1", "localhost"}


class LogSettings(_Section):
    """Where logged traffic lives. `path` None means `logs.db` in the data folder."""

    store: Literal["sqlite", "elasticsearch"] = "sqlite"
    path: AbsolutePath | None = None
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()


class NemoSettings(_Section):
    """The three addresses of the NeMo services, what is sent with each request, and how long to wait."""

    services_url: ServiceUrl = "http://127.0.0.1:8630"
    nim_url: ServiceUrl = "http://127.0.0.1:8630/nim"
    data_store_url: ServiceUrl = "http://127.0.0.1:8630"
    namespace: Name = "flywheel"
    project: Name = "flywheel"
    services_headers: Mapping[str, SecretReference] = {}
    nim_headers: Mapping[str, SecretReference] = {}
    data_store_headers: Mapping[str, SecretReference] = {}
    outage_budget_s: Seconds = 900
    connect_timeout_s: Seconds = 5
    read_timeout_s: Seconds = 30
    upload_timeout_s: Seconds = 300
    settle_s: Annotated[float, Field(ge=0)] = 10  # for the local backend; 60 to 90 on a cluster
    poll_s: Seconds = 0.5
    trust_env: bool = False
    tool_property_limit: Count | None = None  # 8 for v1 clusters, whose evaluator fails on more


class TrainingSettings(_Section):
    """Defaults of a customization, on the scale of LoRA fine-tuning; they suit the local backend's linear students."""

    epochs: Count = 8
    batch_size: Count = 32
    learning_rate: LearningRate = 1e-4
    adapter_dim: Count = 32
    adapter_dropout: Share = 0.1


class TrainingOverrides(_Section):
    """What one student trains with instead of the defaults; None keeps the default."""

    epochs: Count | None = None
    batch_size: Count | None = None
    learning_rate: LearningRate | None = None
    adapter_dim: Count | None = None
    adapter_dropout: Share | None = None


class Student(_Section):
    """A candidate base model. `target` is the customization target; prices are per million tokens."""

    name: Annotated[str, Field(pattern=r"^[^/\s]+/[^/\s]+$")]
    target: Name
    context_length: Count
    gpus: Annotated[int, Field(ge=0)] = 0
    customizable: bool = True
    price_input_usd: PriceUsd | None = None
    price_output_usd: PriceUsd | None = None
    image_name: Name | None = None
    image_tag: Name | None = None
    pvc_size: Name | None = None
    max_seq_length: Count | None = None
    training: TrainingOverrides | None = None


class TeacherPrice(_Section):
    """What a production model costs per million tokens; `name` is the model name in the logs."""

    name: Name
    price_input_usd: PriceUsd
    price_output_usd: PriceUsd


class SplitSettings(_Section):
    """Defaults for building datasets. `limit` None uses every record."""

    evaluation_size: Count = 100
    validation_ratio: Share = 0.1
    minimum_records: Count = 50
    seed: Annotated[int, Field(ge=0)] = 42
    limit: Count | None = None
    stratify: bool = True
    rare_class_threshold: Annotated[int, Field(ge=0)] = 1
    parse_function_arguments: bool = True


class IclSettings(_Section):
    """How in-context examples are chosen; without `embedding_url` by shared character n-grams, offline."""

    max_examples: Count = 3
    min_examples: Count = 1
    reserved_tokens: Annotated[int, Field(ge=0)] = 2048
    selection: Literal["semantic", "uniform"] = "semantic"
    relevance_ratio: Annotated[float, Field(ge=0, le=1)] = 0.7
    pool_limit: Count = 20_000
    embedding_url: ServiceUrl | None = None
    embedding_model: Name | None = None
    embedding_headers: Mapping[str, SecretReference] = {}
    embedding_input_type: bool = False

    @model_validator(mode="after")
    def _check_examples(self) -> Self:
        if self.min_examples > self.max_examples:
            raise ValueError(f"min_examples ({self.min_examples}) is above max_examples ({self.max_examples})")
        if (self.embedding_url is None) is not (self.embedding_model is None):
            raise ValueError("embedding_url and embedding_model belong together; set both or none")
        return self


class ProbeSettings(_Section):
    """How answer times are measured: `requests` prompts, `concurrency` at a time. No requests, no probe."""

    requests: Annotated[int, Field(ge=0)] = 100
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4


class WorkerSettings(_Section):
    """How the worker holds its runs and what becomes of them when it stops."""

    lease_s: Seconds = 10
    tick_s: Seconds = 0.5
    concurrency: Count = 1
    overlap_evaluations: bool = False
    on_shutdown: Literal["cancel", "release"] = "cancel"
    deploy_timeout_s: Seconds = 10800
    evaluate_timeout_s: Seconds = 10800
    customize_timeout_s: Seconds = 10800
    stall_after_s: Seconds = 3600
    max_crashes: Count = 5
    sweep_s: Seconds = 30
    grace_s: Seconds = 30
    metrics_host: Name = "127.0.0.1"
    metrics_port: Port | None = None


class LoggingSettings(_Section):
    """How the processes write their logs: `text` for people, `json` one object a line."""

    format: Literal["text", "json"] = "text"
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class WebSettings(_Section):
    """Where the pages are served. `public_url` is what links in notices begin with, where a proxy stands in between."""

    host: Name = "127.0.0.1"
    port: Port = 8501
    public_url: ServiceUrl | None = None


class Webhook(_Section):
    """Where notices are sent, signed with `secret`; no `events` means all of them."""

    name: Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")]
    url: ServiceUrl
    secret: SecretReference
    events: tuple[
        Literal["run.finished", "run.failed", "candidate.ready", "decision.made", "cleanup.pending"], ...
    ] = ()


class ApiSettings(_Section):
    """Where the REST interface is served."""

    host: Name = "127.0.0.1"
    port: Port = 8620


class BackendSettings(_Section):
    """Where the local backend is served; `nemo` points there by default."""

    host: Name = "127.0.0.1"
    port: Port = 8630


LOCAL_STUDENTS = tuple(
    Student(name=f"local/linear-{size}", target=f"local/linear-{size}@1.0", context_length=8192)
    for size in ("small", "medium", "large")
)


class Settings(_Section):
    """All settings of one installation. `Settings()` holds the defaults and reads nothing; see `load_settings`."""

    data: AbsolutePath = Path("flywheel-data")
    database: DatabaseSettings = DatabaseSettings()
    logs: LogSettings = LogSettings()
    nemo: NemoSettings = NemoSettings()
    students: tuple[Student, ...] = LOCAL_STUDENTS
    teachers: tuple[TeacherPrice, ...] = ()
    policy: AbsolutePath | None = None
    split: SplitSettings = SplitSettings()
    training: TrainingSettings = TrainingSettings()
    icl: IclSettings = IclSettings()
    probe: ProbeSettings = ProbeSettings()
    worker: WorkerSettings = WorkerSettings()
    logging: LoggingSettings = LoggingSettings()
    slots: Count | None = None
    webhooks: tuple[Webhook, ...] = ()
    web: WebSettings = WebSettings()
    api: ApiSettings = ApiSettings()
    backend: BackendSettings = BackendSettings()

    @model_validator(mode="before")
    @classmethod
    def _point_at_the_local_backend(cls, values: Any) -> Any:
        """Let the services' addresses follow the local backend's, as long as none of them is given."""
        if not isinstance(values, Mapping):
            return values
        backend, nemo = values.get("backend", {}), values.get("nemo", {})
        if not isinstance(backend, Mapping) or not isinstance(nemo, Mapping) or not backend:
            return values
        if any(name in nemo for name in ("services_url", "nim_url", "data_store_url")):
            return values
        host, port = backend.get("host", BackendSettings().host), backend.get("port", BackendSettings().port)
        address = f"http://{f'[{host}]' if ':' in str(host) else host}:{port}"
        own = {"services_url": address, "nim_url": f"{address}/nim", "data_store_url": address}
        return {**values, "nemo": {**own, **nemo}}

    @model_validator(mode="after")
    def _check_names_are_unique(self) -> Self:
        for section, entries in (
            ("students", self.students),
            ("teachers", self.teachers),
            ("webhooks", self.webhooks),
        ):
            names = [entry.name for entry in entries]
            if doubled := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{section}: {doubled[0]!r} stands there twice; every name may stand there once")
        return self

    @property
    def database_url(self) -> str:
        """The state database's address with its reference resolved; it may hold a password."""
        url = self.database.url
        return resolve_secret(url) if is_reference(url) else url or f"sqlite:///{self.data / 'state.db'}"

    @property
    def pages_url(self) -> str:
        """Where people reach the pages, for links that leave the installation."""
        return self.web.public_url or f"http://{self.web.host}:{self.web.port}"

    @property
    def logs_path(self) -> Path:
        """The log store's file, where it is one."""
        return self.logs.path or self.data / "logs.db"

    @property
    def logs_place(self) -> str:
        """Where the log store is, for people: its file, or its server and index."""
        if self.logs.store == "elasticsearch":
            return f"{self.logs.elasticsearch.url}, index {self.logs.elasticsearch.index}"
        return str(self.logs_path)

    def find_student(self, name: str) -> Student:
        """Return the student of that name. Raises `NotFoundError` (field `students`) with the near miss."""
        for student in self.students:
            if student.name == name:
                return student
        known = [student.name for student in self.students]
        hint = near_miss(name, known) or f"; configured are: {', '.join(known) or 'none'}"
        raise NotFoundError(f"no student {name!r}{hint}", field="students")

    def training_for(self, student: Student) -> TrainingSettings:
        """Return the training defaults with the student's own values in their place."""
        own = student.training.model_dump(exclude_none=True) if student.training else {}
        return self.training.model_copy(update=own)

    def public(self) -> dict[str, Any]:
        """Return everything as plain JSON values without secrets: references stay references."""
        values = self.model_dump(mode="json")
        values["database"]["url"] = without_password(self.database.url)
        return values
