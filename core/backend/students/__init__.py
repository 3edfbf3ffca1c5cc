"""The local backend's students: linear text models that really learn from a training file and answer from a request.

Owns reading a request, the student that knows only its prompt, features, low-rank adapters and their training, and
saving them. HTTP, jobs and files of the backend belong to `core.backend`. Needs numpy and scipy, no pretrained weights.
"""

from core.backend.students.adapters import Adapter, load_adapter
from core.backend.students.answering import Completion, answer, answer_many, estimate_tokens
from core.backend.students.errors import AdapterError, StudentError, TrainingError, TrainingStopped
from core.backend.students.parameters import TrainingParameters, TrainingProgress
from core.backend.students.sizes import STUDENTS, StudentSize, get_size
from core.backend.students.training import train_adapter

__all__ = [
    "STUDENTS",
    "Adapter",
    "AdapterError",
    "Completion",
    "StudentError",
    "StudentSize",
    "TrainingError",
    "TrainingParameters",
    "TrainingProgress",
    "TrainingStopped",
    "answer",
    "answer_many",
    "estimate_tokens",
    "get_size",
    "load_adapter",
    "train_adapter",
]
