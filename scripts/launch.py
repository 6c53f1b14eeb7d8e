"""This command once more, in several processes that share each batch. It calls mpiexec, so that nobody has to."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from vanillacnn.checks import require, whole

# What Open MPI asks to be allowed: to run as the root of a container, and more processes than cores.
ALLOWED = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "PRTE_ALLOW_RUN_AS_ROOT": "1",
    "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}  # fmt: skip


def mpiexec() -> str | None:
    """The mpiexec beside this Python, as the extra mpi installs it, or else the one of the search path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return shutil.which("mpiexec", path=path)


def launch(processes: int) -> NoReturn:
    """Becomes mpiexec, which starts this command so many times; signals and the exit status are then its own.

    Raises: ValueError without mpi4py or mpiexec.
    """
    require("--processes", processes, "a whole number from 1", whole(processes, 1))
    launcher = mpiexec()
    found = {"mpi4py": importlib.util.find_spec("mpi4py"), "mpiexec": launcher}
    if launcher is None or not all(found.values()):
        missing = " and no ".join(name for name, there in found.items() if not there)
        install = "python -m pip install -e '.[mpi]'"
        raise ValueError(f"--processes: expected mpi4py and mpiexec, got no {missing}; {install}")
    sys.stdout.flush()
    line = [launcher, "-n", str(processes), sys.executable, *sys.orig_argv[1:]]
    os.execve(launcher, line, os.environ | ALLOWED)
