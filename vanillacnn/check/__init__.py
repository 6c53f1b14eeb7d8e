"""Check your own code against the verified derivation: values first, then notes. No framework.

from vanillacnn.check import check_convolution
print(check_convolution(my_forward, my_backward, x="NCHW", kernel="OIHW", stride=1, padding=0))

Each check returns a `Report`: `ok`, `rows`, `str()`, `json()` and `raise_for_errors()`. See docs/check_your_own.md.
"""

from vanillacnn.check.activation import check_activation
from vanillacnn.check.convolution import check_convolution
from vanillacnn.check.dense import check_dense
from vanillacnn.check.loss import check_loss
from vanillacnn.check.network import check_network
from vanillacnn.check.pooling import check_pooling
from vanillacnn.check.report import CheckError, Report, Row

__all__ = [
    "CheckError",
    "Report",
    "Row",
    "check_activation",
    "check_convolution",
    "check_dense",
    "check_loss",
    "check_network",
    "check_pooling",
]
