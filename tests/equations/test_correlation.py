"""§2.2: the operators on one matrix and one kernel, and the identities between them."""

from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import forward as jax_forward
from reference.autodiff import value
from tests.suite.compare import same
from tests.suite.generators import KERNELS, SIDES, Array, Draw, Sizes, dyadic, kernel_sizes
from tests.suite.implementation import Implementation
from tests.suite.properties import INDEX_FORM, Equation, Judged
from vanillacnn.equations import correlation


class Operator(Judged):
    """Its oracle is the reference's forward pass: a definition has no gradient."""

    sizes = kernel_sizes
    catalogue: ClassVar = [
        {"x": 4, "y": 5, "u": 3, "v": 2, "i": 2, "j": 4},
        {"x": 5, "y": 4, "u": 2, "v": 4, "i": 4, "j": 1},
        {"x": 6, "y": 9, "u": 4, "v": 3, "i": 3, "j": 7},
    ]

    def oracle(self, I: Any, K: Any) -> np.ndarray:
        return value(getattr(jax_forward, self.function), I, K)

    def terms(self, sizes: Sizes) -> int:
        return sizes["u"] * sizes["v"]


class TestEq01(Operator):
    function = "correlate"


class TestEq02(Operator):
    function = "convolve"


def free_sizes(draw: Draw) -> Sizes:
    """The image may be smaller than the kernel."""
    (x, y), (u, v) = draw(SIDES), draw(KERNELS)
    return {"x": x, "y": y, "u": u, "v": v}


class TestEq03(Operator):
    function, sizes = "convolve_padded", free_sizes


class TestSection221Rotation(Equation):
    function, sizes = "rotate", kernel_sizes


class TestSection223Padding(Equation):
    function, sizes = "pad", free_sizes

    def arguments(self, sizes: Sizes, array: Array) -> dict[str, Any]:
        return super().arguments(sizes, array) | {"kernel": (sizes["u"], sizes["v"])}


@pytest.mark.needs("valid_shape")
class TestEq04:
    @given(k=st.tuples(*[st.integers(1, 9)] * 2), free=st.tuples(*[st.integers(0, 9)] * 2))
    def test_is_the_number_of_places_exactly(self, implementation: Implementation, k, free) -> None:
        """One output for each place where the whole kernel lies on the image."""
        x = (k[0] + free[0], k[1] + free[1])
        places = tuple(sum(set(range(i, i + b)) <= set(range(a)) for i in range(a)) for a, b in zip(x, k, strict=True))
        assert implementation.valid_shape(x, k) == INDEX_FORM.valid_shape(x, k) == places

    @pytest.mark.parametrize("kernel", [(4, 2), (2, 7), (0, 2), (2, 0), (2, -1)])
    def test_a_kernel_that_does_not_fit_is_refused(self, kernel) -> None:
        with pytest.raises(ValueError, match=rf"^K: .*3×6.*{kernel[0]}×{kernel[1]}"):
            correlation.valid_shape((3, 6), kernel)


@pytest.mark.needs("padded_shape")
class TestEq05:
    @given(x=st.tuples(*[st.integers(1, 9)] * 2), k=st.tuples(*[st.integers(1, 9)] * 2))
    def test_is_the_number_of_places_exactly(self, implementation: Implementation, x, k) -> None:
        """One output for each place where the kernel touches the image."""
        touching = [
            sum(not set(range(i, i + b)).isdisjoint(range(a)) for i in range(-b, a + b))
            for a, b in zip(x, k, strict=True)
        ]
        assert implementation.padded_shape(x, k) == INDEX_FORM.padded_shape(x, k) == tuple(touching)

    def test_an_empty_side_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"^I, K: .*0×3"):
            correlation.padded_shape((0, 3), (2, 2))


class TestSection22:
    """The unnumbered equations of §2.2, exactly."""

    @pytest.mark.needs("correlate", "convolve", "rotate")
    @given(data=st.data())
    def test_convolution_is_correlation_with_the_kernel_rotated(self, implementation: Implementation, data) -> None:
        """§2.2.1: I ∗ K = I ⋆ K_rot and I ⋆ K = I ∗ K_rot, with K_rot_rot = K."""
        f, I, K = implementation, *image_and_kernel(data)
        same(f.convolve(I, K), f.correlate(I, f.rotate(K)), {"I": I, "K": K})
        same(f.correlate(I, K), f.convolve(I, f.rotate(K)), {"I": I, "K": K})
        same(f.rotate(f.rotate(K)), K, {"K": K})

    @pytest.mark.needs("correlate", "rotate")
    @given(data=st.data())
    def test_convolution_as_printed_is_a_shifted_correlation(self, implementation: Implementation, data) -> None:
        """§2.2.1: Σ_u Σ_v I(i-u, j-v) K(u,v) = (I ⋆ K_rot)(i-x_k+1, j-y_k+1) wherever no index is negative."""
        f, I, K = implementation, *image_and_kernel(data)
        (x_i, y_i), (x_k, y_k), O = I.shape, K.shape, f.correlate(I, f.rotate(K))
        printed = np.zeros_like(O)
        for i in range(x_k - 1, x_i):
            for j in range(y_k - 1, y_i):
                for u, v in np.ndindex(x_k, y_k):
                    printed[i - x_k + 1, j - y_k + 1] += I[i - u, j - v] * K[u, v]
        same(O, printed, {"I": I, "K": K})

    @pytest.mark.needs("correlate", "convolve_padded", "rotate", "pad")
    @given(data=st.data())
    def test_padded_convolution_is_correlation_of_the_padded(self, implementation: Implementation, data) -> None:
        """§2.2.3: I ⊛ K = I_pad ⋆ K_rot."""
        f, I, K = implementation, *image_and_kernel(data)
        same(f.convolve_padded(I, K), f.correlate(f.pad(I, K.shape), f.rotate(K)), {"I": I, "K": K})

    @pytest.mark.needs("correlate", "convolve_padded", "valid_shape")
    @given(data=st.data())
    def test_the_operators_are_adjoint(self, implementation: Implementation, data) -> None:
        """⟨I ⋆ K, D⟩ = ⟨I, D ⊛ K⟩ = ⟨K, I ⋆ D⟩."""
        f, I, K = implementation, *image_and_kernel(data)
        D = data.draw(dyadic(*f.valid_shape(I.shape, K.shape)))
        arguments = {"I": I, "K": K, "D": D}
        same(np.sum(I * f.convolve_padded(D, K)), np.sum(f.correlate(I, K) * D), arguments)
        same(np.sum(K * f.correlate(I, D)), np.sum(f.correlate(I, K) * D), arguments)


def image_and_kernel(data: st.DataObject) -> tuple[np.ndarray, np.ndarray]:
    s = kernel_sizes(data.draw)
    return data.draw(dyadic(s["x"], s["y"])), data.draw(dyadic(s["u"], s["v"]))
