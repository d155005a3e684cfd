"""torchrun with settings that make restarts reliable, and with its own errors in one sentence.

Takes torchrun's arguments:  python scale_out/launch.py --nproc-per-node=2 scale_out/train_cnn.py
"""

import argparse
import os
import socket
import sys
import threading
from contextlib import suppress
from datetime import timedelta

from torch.distributed import TCPStore
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.elastic.rendezvous.api import RendezvousError, RendezvousTimeoutError
from torch.distributed.run import main, parse_args

os.environ.setdefault("TORCH_DISABLE_SHARE_RDZV_TCP_STORE", "1")  # else a restart fails now and then
os.environ.setdefault("OMP_NUM_THREADS", "1")  # else torchrun sets it, with a warning
JOIN = (
    "--rdzv-conf=join_timeout=60,read_timeout=60"  # seconds; one that you give yourself comes later and wins
)
ANSWER = 10  # seconds that a meeting point has to answer; it does so in milliseconds


def stop(message):
    sys.exit(f"launch.py: {message}")


def check_meeting_point(endpoint):
    """Stop where something answers at the address that is no meeting point: PyTorch would wait for ever."""
    host, _, port = endpoint.rpartition(":")
    with suppress(OSError, ValueError):  # nobody is there yet: torchrun goes on from here
        socket.create_connection((host, int(port)), timeout=ANSWER).close()
        found = []

        def ask():
            with suppress(Exception):
                found.append(TCPStore(host, int(port), timeout=timedelta(seconds=ANSWER)))

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(ANSWER)
        if not found:
            sys.stderr.write(f"launch.py: another program listens at {endpoint}: take another port\n")
            os._exit(1)  # the thread cannot be stopped


argparse.ArgumentParser.error = lambda parser, message: stop(f"{message}; --help lists what may be given")
try:
    arguments = parse_args([JOIN, *sys.argv[1:]])
    if arguments.rdzv_backend == "c10d":
        check_meeting_point(arguments.rdzv_endpoint)
    main([JOIN, *sys.argv[1:]])
except RendezvousTimeoutError:
    stop("fewer machines than --nnodes asks for have come in time (join_timeout)")
except RendezvousError as error:
    stop(f"the machine at --rdzv-endpoint cannot be reached ({error})")
except ChildFailedError as error:
    first = error.get_first_failure()[1]
    how = f"signal {-first.exitcode}" if first.exitcode < 0 else f"exit code {first.exitcode}"
    stop(f"the process with local rank {first.local_rank} failed first ({how})")
except SignalException as error:
    stop(f"stopped by the signal {error.sigval.name}")
except Exception as error:
    reason = (str(error) or type(error).__name__).splitlines()[0]
    stop(f"torchrun does not take these arguments ({reason}); --help lists what may be given")
