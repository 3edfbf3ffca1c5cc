"""What can go wrong between records and datasets.

InputError
└── DatasetError   no datasets can be built from these records with these options; `field` names the option to change
"""

from core.errors import InputError


class DatasetError(InputError):
    """The records or the options do not allow datasets; nothing was written."""
