"""A learner stops a training that is drawn, in a real kernel, and runs the cell again."""

import pytest
from jupyter_client.manager import start_new_kernel

SETUP = """
import matplotlib.pyplot as plt, torch, course_utils
%matplotlib inline
torch.set_num_threads(1)
"""
TRAINING = """
model = torch.nn.Linear(1, 1)
fig, ax = plt.subplots()
curve, = ax.plot([], [])
losses = []

def draw():
    curve.set_data(range(len(losses)), losses)
    ax.set(xlim=(0, 20), ylim=(0, 2), title=f"step {len(losses)} of {total}")

with course_utils.LivePlot(fig, draw, share=0.9) as live:
    for step in range(total):
        loss = (model(torch.ones(9, 1)) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        live.update()
        print("step", step)
print("done", plt.get_fignums(), torch.is_grad_enabled(), ax.get_title())
"""


@pytest.fixture(scope="module")
def kernel():
    """Runs code in a kernel and returns what a notebook would get, as (kind, content)."""
    manager, client = start_new_kernel(kernel_name="python3")

    def run(code: str, stop_at=None) -> list[tuple[str, dict]]:
        request, messages = client.execute(code), []
        while messages[-1:] != [("status", {"execution_state": "idle"})]:
            message = client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") == request:
                messages.append((message["msg_type"], message["content"]))
                if message["msg_type"] == stop_at:
                    manager.interrupt_kernel()
                    stop_at = None
        return messages

    assert not of_kind("error", run(SETUP))
    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def of_kind(kind: str, messages: list[tuple[str, dict]]) -> list[dict]:
    return [content for found, content in messages if found == kind]


@pytest.mark.parametrize("moment", ["display_data", "stream", "update_display_data"])
def test_stopped_and_run_again(kernel, moment):
    stopped = kernel("total = 10**9" + TRAINING, stop_at=moment)
    assert [error["ename"] for error in of_kind("error", stopped)] == ["KeyboardInterrupt"]
    assert len(of_kind("display_data", stopped)) == 1  # one figure, not a second copy of it below

    again = kernel("total = 20" + TRAINING)
    assert not of_kind("error", again)
    (figure,) = of_kind("display_data", again)
    updates = of_kind("update_display_data", again)
    assert {update["transient"]["display_id"] for update in updates} == {figure["transient"]["display_id"]}
    said = "".join(stream["text"] for stream in of_kind("stream", again))
    assert said.endswith("step 19\ndone [] True step 20 of 20\n")
