import pytest
import torch

from course_utils import get_device


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """A machine without an accelerator and without a wish for one; a test may give it some."""
    monkeypatch.delenv("COURSE_DEVICE", raising=False)

    def have(type: str | None, count: int = 1) -> None:
        monkeypatch.setattr(torch.accelerator, "is_available", lambda: type is not None)
        monkeypatch.setattr(torch.accelerator, "device_count", lambda: count)
        monkeypatch.setattr(
            torch.accelerator, "current_accelerator", lambda *_: torch.device(type) if type else None
        )

    have(None)
    return have


def test_cpu_without_an_accelerator():
    assert get_device() == torch.device("cpu")


@pytest.mark.parametrize("type", ["cuda", "mps"])
def test_the_accelerator_comes_first(machine, type):
    machine(type)
    assert get_device() == torch.device(type)
    assert get_device("cpu") == torch.device("cpu")


def test_the_environment_overrides(machine, monkeypatch):
    machine("cuda")
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert get_device("cuda") == torch.device("cpu")


def test_an_absent_device_is_named_with_what_there_is(machine, monkeypatch):
    with pytest.raises(ValueError, match="get_device asks for the device 'cuda'.* only: cpu"):
        get_device("cuda")
    machine("mps")
    monkeypatch.setenv("COURSE_DEVICE", "cuda")
    with pytest.raises(ValueError, match="COURSE_DEVICE asks for the device 'cuda'.* only: mps, cpu"):
        get_device()


@pytest.mark.parametrize("wish", ["gpu", "cuda:x", ""])
def test_a_misspelt_device(wish):
    if wish:
        with pytest.raises(ValueError, match=f"asks for the device '{wish}'"):
            get_device(wish)
    else:
        assert get_device(wish) == torch.device("cpu")


def test_the_number_of_a_device_must_exist(machine):
    machine("cuda", count=2)
    assert get_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ValueError, match="'cuda:2'"):
        get_device("cuda:2")


@pytest.mark.parametrize("forbidden", ["meta", "xla", "cpu:1", "mps"])
def test_a_device_that_is_none_of_ours_is_named(machine, forbidden):
    machine("cuda")
    with pytest.raises(ValueError, match=f"asks for the device '{forbidden}'.* only: cuda, cpu[.]"):
        get_device(forbidden)


def test_the_cpu_needs_no_accelerator(monkeypatch):
    """Counting accelerators may fail where there is none."""
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 1 / 0)
    assert get_device("cpu") == torch.device("cpu")
    assert get_device("cpu:0") == torch.device("cpu:0")


def test_an_accelerator_is_asked_for_by_its_kind_or_number(machine):
    machine("cuda", count=1)
    assert get_device("cuda:0") == torch.device("cuda:0")
    with pytest.raises(ValueError, match="'cuda:1'"):
        get_device("cuda:1")
