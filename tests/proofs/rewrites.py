"""The same formulas in other words: what a proof is to find true all the same."""

REWRITES = {
    "factors swapped": [
        ("(1)", "(I ⋆ K)(i,j) = Σ_{u=0}^{x_k-1} Σ_{v=0}^{y_k-1} K(u,v) I(i+u, j+v)"),
        ("(28)", "Δŷ(i) = (1 - ŷ_σ(i)) Δŷ_σ(i) ŷ_σ(i)"),
        ("(29)", "ΔW(i,j) = v(j) Δŷ(i)"),
        ("(31)", "Δv(j) = Σ_{i=0}^{Y-1} Δŷ(i) W(i,j)"),
        ("(36)", "ΔK²_{p,q}(u,v) = Σ_{i=0}^{x_c-1} Σ_{j=0}^{y_c-1} ΔC²_q(i,j) S¹_p(u+i, v+j)"),
        ("(L2)", "ΔC_q(i,j) = [C_q(i,j) > 0] ΔC_{r,q}(i,j)"),
    ],
    "terms reordered": [
        ("(18)", "C²_q(i,j) = b²_q + Σ_{p=0}^{P-1} Σ_{u=0}^{x_k-1} Σ_{v=0}^{y_k-1} S¹_p(i+u, j+v) K²_{p,q}(u,v)"),
        ("(22)", "v(j + y_s i + y_s x_s q) = S²_q(i,j)"),
        ("(24)", "ŷ(i) = b(i) + Σ_{j=0}^{M-1} W(i,j) v(j)"),
        ("(33)", "ΔS²_q(i,j) = Δv(j + y_s i + q x_s y_s)"),
        ("(41)", "ΔK¹_{0,p}(u,v) = Σ_{i=0}^{x_c-1} Σ_{j=0}^{y_c-1} I(i+u, j+v) ΔC¹_p(i,j)"),
        ("(H5)", "L = Σ_{i=0}^{Y-1} (log(1 + e^{ŷ(i)}) - y(i) ŷ(i))"
                 " = Σ_{i=0}^{Y-1} (log(1 + e^{-|ŷ(i)|}) + max(ŷ(i), 0) - ŷ(i) y(i))"),
    ],
    "bounds reordered": [
        ("(3)", "(I ⊛ K)(i,j) = Σ_{u=max(i-x_i+1, 0)}^{min(i, x_k-1)} Σ_{v=max(j-y_i+1, 0)}^{min(j, y_k-1)}"
                " I(i-u, j-v) K(u,v)"),
        ("(38)", "ΔS¹_p(i,j) = Σ_{q=0}^{Q-1} Σ_{u=max(i-x_c+1, 0)}^{min(i, x_k-1)}"
                 " Σ_{v=max(1+j-y_c, 0)}^{min(j, y_k-1)} ΔC²_q(i-u, j-v) K²_{p,q}(u,v)"),
    ],
    "sums exchanged": [
        ("(16)", "S¹_p(i,j) = ¼ Σ_{v=0}^{1} Σ_{u=0}^{1} C¹_{σ,p}(2i+u, 2j+v)"),
        ("(18)", "C²_q(i,j) = Σ_{u=0}^{x_k-1} Σ_{v=0}^{y_k-1} Σ_{p=0}^{P-1} S¹_p(i+u, j+v) K²_{p,q}(u,v) + b²_q"),
        ("(36)", "ΔK²_{p,q}(u,v) = Σ_{j=0}^{y_c-1} Σ_{i=0}^{x_c-1} S¹_p(u+i, v+j) ΔC²_q(i,j)"),
        ("(37)", "Δb²_q = Σ_{j=0}^{y_c-1} Σ_{i=0}^{x_c-1} ΔC²_q(i,j)"),
        ("ΔI", "ΔI(i,j) = Σ_{v=max(0, j-y_c+1)}^{min(y_k-1, j)} Σ_{p=0}^{P-1} Σ_{u=max(0, i-x_c+1)}^{min(x_k-1, i)}"
               " ΔC¹_p(i-u, j-v) K¹_{0,p}(u,v)"),
    ],
    "brackets multiplied out": [
        ("(20)", "S²_q(i,j) = Σ_{u=0}^{1} Σ_{v=0}^{1} ¼ C²_{σ,q}(2i+u, 2j+v)"),
        ("(26)", "L = Σ_{i=0}^{Y-1} ½ (y(i) - ŷ_σ(i)) (y(i) - ŷ_σ(i))"),
        ("(35)", "ΔC²_q(i,j) = ΔC²_{σ,q}(i,j) C²_{σ,q}(i,j) - ΔC²_{σ,q}(i,j) (C²_{σ,q}(i,j))²"),
        ("(H4)", "Δŷ(i) = s(i) Δs(i) - s(i) Σ_{k=0}^{Y-1} s(k) Δs(k)"),
    ],
}  # fmt: skip
