"""Each Δ of the index form is the adjoint of its forward equation, exactly and at every shape."""

import math
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.errata.refutations import Sizes
from vanillacnn import index_form

SIZES = st.builds(Sizes, *[st.integers(1, 3)] * 4, *[st.integers(1, 4)] * 2)


def fractions(*shape):
    """Strategy: an array of k/8."""
    size = math.prod(shape)
    eighths = st.lists(st.integers(-40, 40), min_size=size, max_size=size)
    return eighths.map(lambda ks: np.array([Fraction(k, 8) for k in ks], object).reshape(shape))


def inner(a, b):
    assert a.shape == b.shape
    return sum(a.ravel() * b.ravel())


@given(st.data(), SIZES)
@settings(deadline=None)
def test_eq01_eq02_eq03_adjoints_and_rotation(data, sizes):
    _, _, x_k, y_k, x_c, y_c = sizes
    I = data.draw(fractions(x_c + x_k - 1, y_c + y_k - 1))
    K, D = data.draw(fractions(x_k, y_k)), data.draw(fractions(x_c, y_c))
    O, K_rot, I_pad = index_form.correlate(I, K), index_form.rotate(K), index_form.pad(I, K.shape)
    assert inner(O, D) == inner(I, index_form.convolve_padded(D, K))
    assert inner(O, D) == inner(K, index_form.correlate(I, D))
    assert np.array_equal(O, index_form.convolve(I, K_rot))
    assert np.array_equal(index_form.convolve_padded(I, K), index_form.correlate(I_pad, K_rot))


@given(st.data(), SIZES)
@settings(deadline=None)
def test_eq36_eq37_eq38_are_the_adjoints_of_eq18(data, sizes):
    p, q, x_k, y_k, x_c, y_c = sizes
    S = data.draw(fractions(p, x_c + x_k - 1, y_c + y_k - 1))
    K, b = data.draw(fractions(p, q, x_k, y_k)), data.draw(fractions(q))
    dC = data.draw(fractions(q, x_c, y_c))
    without_bias = inner(index_form.conv_forward(S, K, 0 * b), dC)
    assert without_bias == inner(K, index_form.kernel_gradient(S, dC))
    assert without_bias == inner(S, index_form.conv_input_gradient(dC, K))
    db = index_form.conv_bias_gradient(dC)
    assert inner(index_form.conv_forward(S, K, b), dC) == without_bias + inner(b, db)


@given(st.data(), SIZES)
@settings(deadline=None)
def test_eq34_is_the_adjoint_of_eq20(data, sizes):
    C_s = data.draw(fractions(sizes.q, 2 * sizes.x_c, 2 * sizes.y_c))
    dS = data.draw(fractions(sizes.q, sizes.x_c, sizes.y_c))
    assert inner(index_form.mean_pool(C_s), dS) == inner(C_s, index_form.mean_pool_gradient(dS))


@given(st.data(), SIZES)
@settings(deadline=None)
def test_eq32_eq33_are_the_inverses_of_eq21_eq22(data, sizes):
    S = data.draw(fractions(sizes.q, sizes.x_c, sizes.y_c))
    v = index_form.vectorize(S)
    assert np.array_equal(index_form.unvectorize(v, S.shape), S)
    maps = [index_form.vectorize_map(S_q) for S_q in S]
    assert np.array_equal(v, np.concatenate(maps))
    for S_q, v_q in zip(S, maps, strict=True):
        assert np.array_equal(index_form.unvectorize_map(v_q, S_q.shape), S_q)


@given(st.data(), SIZES)
@settings(deadline=None)
def test_eq29_eq30_eq31_are_the_adjoints_of_eq24(data, sizes):
    W, v = data.draw(fractions(sizes.q, sizes.x_c)), data.draw(fractions(sizes.x_c))
    b, dyhat = data.draw(fractions(sizes.q)), data.draw(fractions(sizes.q))
    without_bias = inner(index_form.dense_forward(W, v, 0 * b), dyhat)
    assert without_bias == inner(W, index_form.weight_gradient(dyhat, v))
    assert without_bias == inner(v, index_form.dense_input_gradient(W, dyhat))
    db = index_form.dense_bias_gradient(dyhat)
    assert inner(index_form.dense_forward(W, v, b), dyhat) == without_bias + inner(b, db)


@given(st.data(), SIZES)
@settings(deadline=None)
def test_eq27_is_the_derivative_of_eq26(data, sizes):
    yhat_s, y, h = (data.draw(fractions(sizes.x_c)) for _ in range(3))
    above, below = index_form.squared_error(yhat_s + h, y), index_form.squared_error(yhat_s - h, y)
    # (26) is quadratic, so its central difference is exact
    assert above - below == 2 * inner(index_form.squared_error_gradient(yhat_s, y), h)
