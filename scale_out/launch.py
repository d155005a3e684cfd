"""torchrun with settings that make restarts reliable, and with its own errors in one sentence.

Takes torchrun's arguments:  python scale_out/launch.py --nproc-per-node=2 scale_out/train_cnn.py
"""

import os
import sys

from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.elastic.rendezvous.api import RendezvousError, RendezvousTimeoutError
from torch.distributed.run import main

os.environ.setdefault("TORCH_DISABLE_SHARE_RDZV_TCP_STORE", "1")  # else a restart fails now and then
os.environ.setdefault("OMP_NUM_THREADS", "1")  # else torchrun sets it, with a warning
JOIN = (
    "--rdzv-conf=join_timeout=60,read_timeout=60"  # seconds; one that you give yourself comes later and wins
)

try:
    main([JOIN, *sys.argv[1:]])
except RendezvousTimeoutError:
    sys.exit("launch.py: fewer machines than --nnodes asks for have come in time (join_timeout)")
except RendezvousError as error:
    sys.exit(f"launch.py: the machine at --rdzv-endpoint cannot be reached ({error})")
except ChildFailedError as error:
    first = error.get_first_failure()[1]
    how = f"signal {-first.exitcode}" if first.exitcode < 0 else f"exit code {first.exitcode}"
    sys.exit(f"launch.py: the process with local rank {first.local_rank} failed first ({how})")
