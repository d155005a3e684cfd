"""A stand-in accelerator in pure Python: what a GPU refuses fails on it too, and no GPU is needed.

Its tensors say that they are on the device ``standin:0``; each holds a CPU tensor that does the work. It
refuses what CUDA refuses, such as tensors of two devices in one call and NumPy, and if asked, ``float64``
as mps does. Its random numbers are its own. It cannot be taken away again: install it in a process of its
own, before the first ``backward()``. What only a real accelerator shows is listed in CONTRIBUTING.

Source: PyTorch's notes "Extending PyTorch" (wrapper subclasses, ``__torch_dispatch__``), and its own
``torch.utils.backend_registration`` (a backend written in Python).
"""

import torch
from torch.utils._python_dispatch import return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map_only
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

DEVICE = "standin:0"
aten = torch.ops.aten
COPIES = {aten.copy_.default, aten._to_copy.default}
INDEXING = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default}
POINTWISE = torch.Tag.pointwise  # of each number by itself; one number from the CPU may join
CONVOLUTIONS = {aten.convolution.default, aten.convolution_backward.default}
FACTORIES = {  # functions that take no tensor; all others build on `empty`
    *{"empty.memory_format", "empty_strided", "arange", "arange.start", "arange.start_step"},
    *{"linspace", "logspace", "eye", "eye.m", "randperm", "randperm.generator"},
}
has_float64, rounds_like_tf32 = True, False
random_state = torch.get_rng_state()


class StandIn(torch.Tensor):
    """A tensor on the device, around the CPU tensor that does the work."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, inner):
        if inner.dtype in (torch.float64, torch.complex128) and not has_float64:
            raise TypeError(f"Cannot convert a tensor to {inner.dtype} on {DEVICE}. Use float32 instead.")
        layout = {"strides": inner.stride(), "storage_offset": inner.storage_offset(), "dtype": inner.dtype}
        self = torch.Tensor._make_wrapper_subclass(cls, inner.shape, device=DEVICE, **layout)
        self.inner = inner
        return self

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return run(func, args, kwargs or {})

    @property
    def data(self):
        return self.detach()

    @data.setter
    def data(self, value):
        value = torch.nn.Parameter(value) if isinstance(self, torch.nn.Parameter) else value.detach()
        torch.utils.swap_tensors(self, value.requires_grad_(self.requires_grad))

    def numpy(self, *, force=False):
        if not force:
            raise TypeError(f"can't convert {DEVICE} device type tensor to numpy. Use Tensor.cpu() first.")
        return self.inner.numpy()

    def tolist(self):
        return self.inner.tolist()

    def __format__(self, spec):
        return format(self.inner, spec)

    def __repr__(self):
        return f"{repr(self.inner)[:-1]}, device='{DEVICE}')"

    def __reduce_ex__(self, protocol):
        """Pickled as PyTorch does it for mps: it comes back on its device, or where `map_location` says."""
        parts = self.inner, self.dtype, DEVICE, self.requires_grad
        return torch._utils._rebuild_device_tensor_from_cpu_tensor, parts

    def __tensor_flatten__(self):  # for torch.compile
        return ["inner"], None

    @staticmethod
    def __tensor_unflatten__(tensors, context, size, stride):
        return StandIn(tensors["inner"])


def inside(tree):
    return tree_map_only(StandIn, lambda tensor: tensor.inner, tree)


def run(func, args, kwargs):
    """Run an operation on the CPU tensors inside, if all tensors are where they must be."""
    if torch.is_inference_mode_enabled():
        result = func.decompose(*args, **kwargs)  # in this mode functions made of others come whole
        if result is not NotImplemented:
            return result
        if func.is_view and not args[0].is_inference():  # PyTorch makes such a view outside the mode only
            with torch.inference_mode(False):
                return run(func, args, kwargs)
    refuse_two_devices(func, args, kwargs)
    inner_args, inner_kwargs = inside((args, kwargs))
    wanted = kwargs.get("device")
    if wanted is not None and torch.device(wanted).type == "standin":
        inner_kwargs["device"] = "cpu"
    if func in CONVOLUTIONS and rounds_like_tf32:
        inner_args = [like_tf32(x) if isinstance(x, torch.Tensor) else x for x in inner_args]
    result = with_own_random_numbers(func, *inner_args, **inner_kwargs)
    if inner_kwargs.get("device") != wanted or wanted is None:  # the result stays on the device,
        result = tree_map_only(torch.Tensor, StandIn, result)
    elif wanted is not None:  # or is asked for on another
        return result
    if func is aten.copy_.default and not isinstance(args[0], StandIn):
        return args[0]
    return return_and_correct_aliasing(func, args, kwargs, result)


def refuse_two_devices(func, args, kwargs):
    tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
    if func in COPIES:
        return
    if func in INDEXING and isinstance(args[0], StandIn):
        tensors = args[2:3]  # the indices may be on the CPU
    numbers_may_join = func in {*INDEXING, aten.fill_.Tensor} or POINTWISE in func.tags
    if func._schema.is_mutable and args[0].is_cpu:
        numbers_may_join = False  # but it must not be what is changed
    if any(x.is_cpu and not (numbers_may_join and x.dim() == 0) for x in tensors):
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"{DEVICE} and cpu! (when checking the arguments of {func})"
        )


def like_tf32(x):
    """Round float32 to the ten bits after the point that TF32 has."""
    if x.dtype != torch.float32 or x.dim() < 3:
        return x
    return ((x.contiguous().view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)


def with_own_random_numbers(func, *args, **kwargs):
    global random_state
    if torch.Tag.nondeterministic_seeded not in func.tags:
        return func(*args, **kwargs)
    if kwargs.get("generator") is not None:
        raise RuntimeError("Expected a 'standin' device type for generator but found 'cpu'")
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(random_state)
        result = func(*args, **kwargs)
        random_state = torch.get_rng_state()
    return result


class Backend(_DummyBackendModule):
    """What PyTorch asks a device's module for."""

    def manual_seed_all(self, seed):
        self.set_rng_state(torch.Generator().manual_seed(seed + 1).get_state())  # not the CPU's numbers

    def get_rng_state(self, device=DEVICE):
        return random_state.clone()

    def set_rng_state(self, state, device=DEVICE):
        global random_state
        random_state = state.clone()

    def get_amp_supported_dtype(self):
        return [torch.float16, torch.bfloat16]


def install(float64: bool = True, tf32: bool = False) -> torch.device:
    """Make PyTorch find the stand-in as this machine's accelerator.

    Args:
        float64: without it, it refuses that dtype, as mps does.
        tf32: with it, it rounds what a convolution is given, as NVIDIA's GPUs do by default.
    """
    global has_float64, rounds_like_tf32, library, autocast
    has_float64, rounds_like_tf32 = float64, tf32
    _setup_privateuseone_for_python_backend("standin", backend_module=Backend())
    torch.accelerator.synchronize = lambda *_: None
    torch.__future__.set_swap_module_params_on_conversion(True)  # model.to() keeps its parameters

    def make(func):
        def on_device(*args, device=None, **kwargs):
            return StandIn(with_own_random_numbers(func, *args, **kwargs, device="cpu"))

        return on_device

    library = torch.library.Library("aten", "IMPL")  # holds as long as it has a name
    for factory in FACTORIES:
        name, _, overload = factory.partition(".")
        func = getattr(getattr(aten, name), overload or "default")
        library.impl(factory, make(func), "PrivateUse1")
    library.impl("_local_scalar_dense", lambda tensor: tensor.inner.item(), "PrivateUse1")
    library.impl("_copy_from", lambda source, to, *_: inside(to).copy_(inside(source)), "PrivateUse1")
    autocast = torch.library.Library("_", "IMPL", "AutocastPrivateUse1")
    autocast.fallback(torch.library.fallthrough_kernel)  # it changes no dtype
    torch.manual_seed(torch.initial_seed())
    return torch.device(DEVICE)
