"""Network decoupling: the replaced convolutions equal the trained ones where they can, and nothing else changes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_ten_networks import NETWORKS
from torch import nn
from torch.nn.utils import prune

import mbv2_lesson as mbv2
from mbv2_lesson.plans import tables

torch.set_num_threads(1)
PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))
# relative to the largest output; half precision keeps 11 bits of a weight, bfloat16 8
TOLERANCES = {torch.float64: 1e-12, torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}


@st.composite
def convolutions(draw) -> nn.Conv2d:
    kernel_size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)).filter(lambda size: size != (1, 1)))
    padding = draw(st.sampled_from(["same", "valid"]) | st.tuples(st.integers(0, 2), st.integers(0, 2)))
    torch.manual_seed(draw(st.integers(0, 99)))
    conv = nn.Conv2d(
        draw(st.integers(1, 5)),
        draw(st.integers(1, 20)),
        kernel_size,
        stride=1 if padding == "same" else draw(PAIR),
        padding=padding,
        dilation=draw(PAIR),
        bias=draw(st.booleans()),
        padding_mode=draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
        dtype=draw(st.sampled_from(list(TOLERANCES))),
    )
    return conv.train(draw(st.booleans())).requires_grad_(draw(st.booleans()))


def merged_kernel(separable: nn.Sequential) -> torch.Tensor:
    """(C_out, C_in, k_h, k_w), what the pointwise layer makes of the depthwise patterns."""
    c_in = separable.depthwise.in_channels
    patterns = separable.depthwise.weight.detach().squeeze(1).unflatten(0, (c_in, -1))
    factors = separable.pointwise.weight.detach().flatten(1).unflatten(1, (c_in, -1))
    return torch.einsum("oim,imhw->oihw", factors, patterns)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")  # torch may copy
@given(convolutions(), st.integers(0, 2))
def test_the_output_is_the_same_from_the_full_rank_on(conv, more):
    k_h, k_w = conv.kernel_size
    full = min(k_h * k_w, conv.out_channels)
    separable = mbv2.decouple(conv, full + more)
    depthwise, pointwise = separable
    x = torch.randn(2, conv.in_channels, 14, 15, dtype=conv.weight.dtype)
    with torch.no_grad():
        expected, found = conv(x), separable(x)
    assert found.dtype == expected.dtype and found.shape == expected.shape
    assert (found - expected).abs().max() <= TOLERANCES[found.dtype] * expected.abs().max()
    assert (depthwise.out_channels, depthwise.groups) == (conv.in_channels * full, conv.in_channels)
    kept = ("kernel_size", "stride", "padding", "dilation", "padding_mode", "training")
    assert [getattr(depthwise, name) for name in kept] == [getattr(conv, name) for name in kept]
    assert pointwise.kernel_size == (1, 1) and pointwise.training == separable.training == conv.training
    assert {p.requires_grad for p in separable.parameters()} == {conv.weight.requires_grad}
    assert depthwise.bias is None and (pointwise.bias is None) == (conv.bias is None)
    assert conv.bias is None or (pointwise.bias is not conv.bias and pointwise.bias.equal(conv.bias))


@given(convolutions(), st.integers(1, 4))
def test_the_kernel_is_the_closest_of_its_rank(conv, multiplier):
    conv = conv.double()
    kernel = conv.weight.detach()
    merged = merged_kernel(mbv2.decouple(conv, multiplier))
    matrices = kernel.transpose(0, 1).flatten(2)
    rest = torch.linalg.svdvals(matrices)[:, multiplier:]  # Eckart and Young: no matrix of this rank comes closer
    assert torch.linalg.matrix_rank(merged.transpose(0, 1).flatten(2)).max() <= multiplier
    assert (merged - kernel).square().sum().item() == pytest.approx(rest.square().sum().item(), abs=1e-12)


# --- Whole models. ---


class Everything(nn.Module):
    """Convolutions of all kinds: some that are replaced, some that are not."""

    def __init__(self) -> None:
        super().__init__()
        self.standard = nn.Conv2d(4, 8, 3, padding=1)
        self.again = nn.ModuleList([self.standard])
        self.listed = [self.standard]
        self.circular = nn.Sequential(nn.Conv2d(8, 8, (3, 2), padding="same", padding_mode="circular", bias=False))
        self.narrow = nn.Conv2d(8, 2, (1, 5))
        self.pointwise = nn.Conv2d(2, 4, 1)
        self.depthwise = nn.Conv2d(4, 8, 3, groups=4)
        self.grouped = nn.Conv2d(8, 4, 3, groups=2)
        self.transposed = nn.ConvTranspose2d(4, 2, 3)
        self.subclass = Loud(2, 3, 3)
        self.normed = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 3, 3))
        self.hooked = nn.Conv2d(3, 4, 3)
        self.hooked.register_forward_hook(lambda module, inputs, output: None)
        self.tied, self.tied_too = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.tied_too.weight = self.tied.weight
        self.marked = nn.Conv2d(4, 4, 3, padding=1)
        self.marked.is_last = True
        self.deep = nn.Conv3d(4, 2, 1)
        self.flat = nn.Conv1d(2, 2, 3)
        self.unused = nn.LazyConv2d(4, 3)

    def forward(self, x):
        x = self.circular(self.standard(x))
        x = self.grouped(self.depthwise(self.pointwise(self.narrow(x)).repeat(1, 1, 3, 3)))
        x = self.hooked(self.normed(self.subclass(self.transposed(self.again[0](self.listed[0](x)[:, :4])[:, :4]))))
        x = self.marked(self.tied_too(self.tied(x)))
        return self.flat(self.deep(x[:, :, None]).flatten(2))


class Loud(nn.Conv2d):
    pass


LEFT = {
    "pointwise": "1×1",
    "depthwise": "depthwise",
    "grouped": "grouped",
    "transposed": "transposed",
    "subclass": "a subclass of Conv2d, Loud",
    "normed": "parametrized",
    "hooked": "has hooks",
    "tied": "shares its weight with another module",
    "tied_too": "shares its weight with another module",
    "marked": "has more than a Conv2d: is_last",
    "deep": "3-D",
    "flat": "1-D",
    "unused": "lazy, not yet initialized",
}


def test_what_is_left_is_listed_and_what_is_shared_stays_shared():
    model = Everything()
    model.unused = nn.Identity()
    before, state = str(model), {name: value.clone() for name, value in model.state_dict().items()}
    model.standard.eval()
    random_state = torch.random.get_rng_state()
    decoupled = mbv2.decouple(model, 9)
    assert torch.random.get_rng_state().equal(random_state)
    assert str(model) == before and not model.standard.training and model.training
    assert all(value.equal(model.state_dict()[name]) for name, value in state.items())
    replaced = {name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)} - LEFT.keys()
    assert replaced == {"standard", "circular.0", "narrow"}
    assert all(isinstance(decoupled.get_submodule(name), nn.Sequential) for name in replaced)
    assert decoupled.standard is decoupled.again[0] is decoupled.listed[0] and not decoupled.standard.training
    assert decoupled.tied.weight is decoupled.tied_too.weight is not model.tied.weight
    assert not {id(p) for p in model.parameters()} & {id(p) for p in decoupled.parameters()}
    x = torch.rand(2, 4, 12, 12)
    with torch.no_grad():
        torch.testing.assert_close(decoupled(x), model(x), rtol=1e-3, atol=1e-5)
    assert mbv2.not_decoupled(Everything()) == LEFT


@pytest.mark.parametrize("multiplier", [1, 2, 4, 9])
def test_the_count_says_what_the_decoupled_model_costs(multiplier):
    model = Everything()
    model.unused = nn.Identity()
    x = torch.rand(2, 4, 12, 12)
    before, after = mbv2.count(model, inputs=x), mbv2.count(mbv2.decouple(model, multiplier), inputs=x)
    separable = before.separable(multiplier)
    assert separable.cost == after.cost
    remarks = {row["name"]: row["remark"] for row in separable.rows() if row["remark"].startswith("left: ")}
    assert remarks == {name: f"left: {reason}" for name, reason in LEFT.items() if name != "unused"}
    for written in (str(separable), separable._repr_html_(), tables.markdown(separable)):
        numbers = (before.cost.params, before.cost.macs, after.cost.params, after.cost.macs, after.cost.flops)
        assert all(f"{number:,}" in written for number in numbers)
        assert all(row["remark"] in written for row in separable.rows())


@given(convolutions(), st.integers(1, 12))
def test_a_row_says_whether_the_replacement_pays(conv, multiplier):
    counted = mbv2.count(conv, (conv.in_channels, 14, 15))
    (row,) = counted.separable(multiplier).rows()
    after = mbv2.count(mbv2.decouple(conv, multiplier), (conv.in_channels, 14, 15)).cost
    full = min(conv.kernel_size[0] * conv.kernel_size[1], conv.out_channels)
    assert (row["separable_params"], row["separable_macs"]) == (after.params, after.macs)
    assert row["depth_multiplier"] == min(multiplier, full)
    assert ("does not pay" in row["remark"]) == (after.macs >= counted.cost.macs)
    assert (f"M = {full} is exact" in row["remark"]) == (multiplier > full)


def legacy_weight_norm() -> nn.Module:
    with pytest.warns(FutureWarning, match="weight_norm"):
        return nn.utils.weight_norm(nn.Conv2d(3, 4, 3))  # torch cannot copy it: its weight has a history of gradients


@pytest.mark.filterwarnings("ignore:.*(quantize_per_tensor|ComplexHalf):UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (legacy_weight_norm, "has hooks"),
        (lambda: prune.random_unstructured(nn.Conv2d(3, 4, 3), "weight", 0.5), "has hooks"),
        (lambda: torch.ao.nn.quantized.Conv2d(3, 4, 3), "quantized"),
        (lambda: torch.jit.script(nn.Conv2d(3, 4, 3)), "scripted"),
        (lambda: nn.Conv2d(3, 4, 3, dtype=torch.complex32), "weights of torch.complex32"),
        (lambda: nn.Conv2d(3, 4, (1, 1)), "1×1"),
    ],
    ids=["legacy weight norm", "pruned", "quantized", "scripted", "complex half", "pointwise"],
)
def test_what_cannot_be_replaced_is_copied(make, reason):
    model = nn.Sequential(make(), nn.Conv2d(4, 4, 3))
    decoupled = mbv2.decouple(model)
    assert mbv2.not_decoupled(model) == {"0": reason}
    assert type(decoupled[0]) is type(model[0]) and decoupled[0] is not model[0]
    assert type(decoupled[1]) is nn.Sequential


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(nn.Conv2d(3, 4, 3, device="meta"), nn.ReLU()),
        torch.compile(nn.Sequential(nn.Conv2d(3, 4, 3)), backend="eager"),
        nn.Conv2d(3, 4, 3, dtype=torch.complex64),
    ],
    ids=["meta", "compiled", "complex"],
)
def test_models_of_other_kinds(model):
    weight = next(model.parameters())
    decoupled = mbv2.decouple(model, 4)
    x = torch.rand(1, 3, 8, 8, device=weight.device).to(weight.dtype)
    with torch.no_grad():
        found, expected = decoupled(x), model(x)
    assert found.shape == expected.shape and found.device == expected.device
    assert len(list(decoupled.parameters())) == 3
    if not found.is_meta:
        torch.testing.assert_close(found, expected)


def test_what_cannot_be_copied_is_refused_by_name():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    model[1].thing = (number for number in [1])
    with pytest.raises(TypeError, match="decouple returns a copy of the model; take out .*, '1.thing'"):
        mbv2.decouple(model)


def test_gradients_reach_both_layers_and_a_shared_bias_stays_shared():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3))
    model[1].bias = model[0].bias
    decoupled = mbv2.decouple(model)
    assert decoupled[0].pointwise.bias is decoupled[1].pointwise.bias is not model[0].bias
    decoupled(torch.rand(1, 3, 8, 8)).sum().backward()
    assert all(parameter.grad is not None for parameter in decoupled.parameters())
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize(("make", "inputs", "params", "macs"), NETWORKS.values(), ids=list(NETWORKS))
def test_whole_networks(make, inputs, params, macs):
    torch.manual_seed(0)
    model = make().eval()
    exact, small = mbv2.decouple(model, 999), mbv2.decouple(model)
    with torch.no_grad():
        torch.testing.assert_close(exact(*inputs), model(*inputs), rtol=1e-3, atol=1e-4)
    counted = mbv2.count(model, inputs=inputs)
    assert counted.separable().cost == mbv2.count(small, inputs=inputs).cost
    assert counted.separable(999).cost == mbv2.count(exact, inputs=inputs).cost
