"""Which theorem proves which equation, and why there is nothing to prove about the others."""

from reference.formulas.notation import formulas

EXEMPT = {label: each.exempt["theorem"] for label, each in formulas().items() if "theorem" in each.exempt}
# The axioms of the real numbers in Coq's library, and no other.
AXIOMS = {
    "ClassicalDedekindReals.sig_forall_dec", "ClassicalDedekindReals.sig_not_dec",
    "FunctionalExtensionality.functional_extensionality_dep", "Classical_Prop.classic",
}  # fmt: skip
WHOLE = "Network.backward"  # §4.4 along every curve, in one theorem

# First what proves the equation by itself, then the network's loss by one entry.
THEOREMS: dict[str, tuple[str, ...]] = {
    "(1)": ("Identities.eq13_is_eq14", "Identities.eq17_is_eq18"),
    "§2.2.1": ("Identities.convolution_is_correlation",),
    "(2)": ("Identities.convolution_is_correlation",),
    "§2.2.3": ("Identities.padded_convolution_is_correlation",),
    "(3)": ("Identities.padded_convolution_is_correlation",),
    "(4)": ("Identities.shape_without_padding",),
    "(5)": ("Identities.shape_with_padding", "Identities.shapes_agree"),
    "§2.3": ("Layers.both_forms_of_σ",),
    "(6)": ("Layers.eq06_is_the_derivative",),
    "(13)": ("Identities.eq13_is_eq14",),
    "(14)": ("Identities.eq13_is_eq14",),
    "(15)": ("Layers.activation1",),
    "(16)": ("Layers.pooling1",),
    "(17)": ("Identities.eq17_is_eq18",),
    "(18)": ("Identities.eq17_is_eq18",),
    "(19)": ("Layers.activation2",),
    "(20)": ("Layers.pooling2",),
    "(21)": ("Layers.vector_of_a_map", "Layers.vectors_one_after_the_other"),
    "(22)": ("Layers.vector", "Network.vectorized_flattens"),
    "(23)": ("Identities.eq23_is_eq24",),
    "(24)": ("Identities.eq23_is_eq24",),
    "(25)": ("Layers.activation_dense",),
    "(26)": ("Layers.loss",),
    "(27)": ("Layers.loss", "Partial.partial_yhat_σ"),
    "(28)": ("Layers.activation_dense", "Partial.partial_yhat"),
    "(29)": ("Layers.weights", "Partial.partial_W"),
    "(30)": ("Layers.biases", "Partial.partial_b"),
    "(31)": ("Layers.features", "Partial.partial_v"),
    "(32)": ("Layers.vector_of_a_map",),
    "(33)": ("Layers.vector", "Partial.partial_S2"),
    "(34)": ("Layers.pooling2", "Partial.partial_C2_σ"),
    "(35)": ("Layers.activation2", "Partial.partial_C2"),
    "(36)": ("Layers.kernels2", "Partial.partial_K2"),
    "(37)": ("Layers.biases2", "Partial.partial_b2"),
    "(38)": ("Layers.maps2", "Partial.partial_S1"),
    "(39)": ("Layers.pooling1", "Partial.partial_C1_σ"),
    "(40)": ("Layers.activation1", "Partial.partial_C1"),
    "(41)": ("Layers.kernels1", "Partial.partial_K1"),
    "(42)": ("Layers.biases1", "Partial.partial_b1"),
    "ΔI": ("Layers.image1", "Partial.partial_I"),
    "(H1)": ("Heads.softmax", "Heads.both_forms_of_H1"),
    "(H2)": ("Heads.softmax_cross_entropy", "Heads.H2_is_the_cross_entropy"),
    "(H3)": ("Heads.softmax_cross_entropy",),
    "(H4)": ("Heads.softmax",),
    "(H5)": ("Heads.binary_cross_entropy", "Heads.both_forms_of_H5", "Heads.H5_is_the_binary_cross_entropy"),
    "(H6)": ("Heads.binary_cross_entropy",),
    "(H7)": ("Heads.normalized_cross_entropy",),
    "(H8)": ("Heads.normalized_cross_entropy",),
    "(L1)": ("Layers_beyond.rectifier",),
    "(L2)": ("Layers_beyond.rectifier",),
    "(L3)": ("Layers_beyond.max_pooling",),
    "(L4)": ("Layers_beyond.max_pooling",),
}
# And that the formula of whole arrays says the same.
OPERATOR = "Identities.both_forms_of_"
for _label, _name in {
    "(15)": "eq15", "(19)": "eq19", "(25)": "eq25", "(27)": "eq27", "(28)": "eq28", "(29)": "eq29", "(30)": "eq30",
    "(31)": "eq31", "(35)": "eq35", "(36)": "eq36", "(38)": "eq38", "(40)": "eq40", "(41)": "eq41", "ΔI": "deltaI",
    "(H6)": "H6",
}.items():  # fmt: skip
    THEOREMS[_label] += (f"{OPERATOR}{_name}",)
