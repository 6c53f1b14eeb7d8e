(* Written from docs/equations.toml by generate.py; not to be edited. *)
From Coq Require Import Reals ZArith Bool.
From Vanilla Require Import Sums.
Open Scope Z_scope.

Definition eq01 (x_k : Z) (y_k : Z) (I : Z -> Z -> R) (K : Z -> Z -> R) (i j : Z) : R := (Σ u from 0%Z to (x_k - 1)%Z, (Σ v from 0%Z to (y_k - 1)%Z, ((I (i + u)%Z (j + v)%Z) * (K u v))))%R.
Definition section221 (x_k : Z) (y_k : Z) (K : Z -> Z -> R) (u v : Z) : R := (K ((x_k - 1) - u)%Z ((y_k - 1) - v)%Z)%R.
Definition eq02 (x_k : Z) (y_k : Z) (I : Z -> Z -> R) (K : Z -> Z -> R) (i j : Z) : R := (Σ u from 0%Z to (x_k - 1)%Z, (Σ v from 0%Z to (y_k - 1)%Z, ((I (((i + x_k) - 1) - u)%Z (((j + y_k) - 1) - v)%Z) * (K u v))))%R.
Definition eq02_operator (x_k : Z) (y_k : Z) (I : Z -> Z -> R) (K_rot : Z -> Z -> R) (i j : Z) : R := (eq01 x_k y_k I K_rot i j)%R.
Definition section223 (x_i : Z) (y_i : Z) (x_k : Z) (y_k : Z) (I : Z -> Z -> R) (i j : Z) : R := (when ((within (x_k - 1)%Z i ((x_i + x_k) - 2)%Z) && (within (y_k - 1)%Z j ((y_i + y_k) - 2)%Z)) (I ((i - x_k) + 1)%Z ((j - y_k) + 1)%Z))%R.
Definition eq03 (x_i : Z) (y_i : Z) (x_k : Z) (y_k : Z) (I : Z -> Z -> R) (K : Z -> Z -> R) (i j : Z) : R := (Σ u from (Z.max 0 ((i - x_i) + 1))%Z to (Z.min (x_k - 1) i)%Z, (Σ v from (Z.max 0 ((j - y_i) + 1))%Z to (Z.min (y_k - 1) j)%Z, ((I (i - u)%Z (j - v)%Z) * (K u v))))%R.
Definition eq03_operator (x_k : Z) (y_k : Z) (I_pad : Z -> Z -> R) (K_rot : Z -> Z -> R) (i j : Z) : R := (eq01 x_k y_k I_pad K_rot i j)%R.
Definition eq04 (x_i : Z) (y_i : Z) (x_k : Z) (y_k : Z) : Z * Z := (((x_i - x_k) + 1), ((y_i - y_k) + 1)).
Definition eq05 (x_i : Z) (y_i : Z) (x_k : Z) (y_k : Z) : Z * Z := (((x_i + x_k) - 1), ((y_i + y_k) - 1)).
Definition σ (x : R) : R := (1 / (1 + (exp (- x))))%R.
Definition σ_other (x : R) : R := ((exp x) / (1 + (exp x)))%R.
Definition eq06 (x : R) : R := ((σ x) * (1 - (σ x)))%R.
Definition eq13 (x_k : Z) (y_k : Z) (I : Z -> Z -> R) (K1 : Z -> Z -> Z -> Z -> R) (b1 : Z -> R) (p i j : Z) : R := ((eq01 x_k y_k I (K1 0%Z p) i j) + (b1 p))%R.
Definition eq14 (x_k : Z) (y_k : Z) (I : Z -> Z -> R) (K1 : Z -> Z -> Z -> Z -> R) (b1 : Z -> R) (p i j : Z) : R := ((Σ u from 0%Z to (x_k - 1)%Z, (Σ v from 0%Z to (y_k - 1)%Z, ((I (i + u)%Z (j + v)%Z) * (K1 0%Z p u v)))) + (b1 p))%R.
Definition eq15 (C1 : Z -> Z -> Z -> R) (p i j : Z) : R := (σ (C1 p i j))%R.
Definition eq15_operator (C1 : Z -> Z -> Z -> R) (p i j : Z) : R := (σ (C1 p i j))%R.
Definition eq16 (C1_σ : Z -> Z -> Z -> R) (p i j : Z) : R := ((/ 4) * (Σ u from 0%Z to 1%Z, (Σ v from 0%Z to 1%Z, (C1_σ p ((2 * i) + u)%Z ((2 * j) + v)%Z))))%R.
Definition eq17 (x_k : Z) (y_k : Z) (P : Z) (K2 : Z -> Z -> Z -> Z -> R) (S1 : Z -> Z -> Z -> R) (b2 : Z -> R) (q i j : Z) : R := ((Σ p from 0%Z to (P - 1)%Z, (eq01 x_k y_k (S1 p) (K2 p q) i j)) + (b2 q))%R.
Definition eq18 (x_k : Z) (y_k : Z) (P : Z) (K2 : Z -> Z -> Z -> Z -> R) (S1 : Z -> Z -> Z -> R) (b2 : Z -> R) (q i j : Z) : R := ((Σ p from 0%Z to (P - 1)%Z, (Σ u from 0%Z to (x_k - 1)%Z, (Σ v from 0%Z to (y_k - 1)%Z, ((S1 p (i + u)%Z (j + v)%Z) * (K2 p q u v))))) + (b2 q))%R.
Definition eq19 (C2 : Z -> Z -> Z -> R) (q i j : Z) : R := (σ (C2 q i j))%R.
Definition eq19_operator (C2 : Z -> Z -> Z -> R) (q i j : Z) : R := (σ (C2 q i j))%R.
Definition eq20 (C2_σ : Z -> Z -> Z -> R) (q i j : Z) : R := ((/ 4) * (Σ u from 0%Z to 1%Z, (Σ v from 0%Z to 1%Z, (C2_σ q ((2 * i) + u)%Z ((2 * j) + v)%Z))))%R.
Definition eq21 (x_s : Z) (y_s : Z) (Q : Z) (S2 : Z -> Z -> Z -> R) (v_q : Z -> Z -> R) : Prop := forall (q i j : Z), 0 <= q < Q -> 0 <= i < x_s -> 0 <= j < y_s -> ((v_q q ((y_s * i) + j)%Z) = (S2 q i j))%R.
Definition eq22 (x_s : Z) (y_s : Z) (Q : Z) (S2 : Z -> Z -> Z -> R) (v : Z -> R) : Prop := forall (q i j : Z), 0 <= q < Q -> 0 <= i < x_s -> 0 <= j < y_s -> ((v (((x_s * y_s * q) + (y_s * i)) + j)%Z) = (S2 q i j))%R.
Definition eq23 (M : Z) (W : Z -> Z -> R) (b : Z -> R) (v : Z -> R) (i : Z) : R := ((times M W v i) + (b i))%R.
Definition eq24 (M : Z) (W : Z -> Z -> R) (b : Z -> R) (v : Z -> R) (i : Z) : R := ((Σ j from 0%Z to (M - 1)%Z, ((W i j) * (v j))) + (b i))%R.
Definition eq25 (yhat : Z -> R) (i : Z) : R := (σ (yhat i))%R.
Definition eq25_operator (yhat : Z -> R) (i : Z) : R := (σ (yhat i))%R.
Definition eq26 (Y : Z) (y : Z -> R) (yhat_σ : Z -> R) : R := ((/ 2) * (Σ i from 0%Z to (Y - 1)%Z, (((yhat_σ i) - (y i)) ^ 2)))%R.
Definition eq27 (y : Z -> R) (yhat_σ : Z -> R) (i : Z) : R := ((yhat_σ i) - (y i))%R.
Definition eq27_operator (y : Z -> R) (yhat_σ : Z -> R) (i : Z) : R := ((yhat_σ i) - (y i))%R.
Definition eq28 (Δyhat_σ : Z -> R) (yhat_σ : Z -> R) (i : Z) : R := ((Δyhat_σ i) * (yhat_σ i) * (1 - (yhat_σ i)))%R.
Definition eq28_operator (Δyhat_σ : Z -> R) (yhat_σ : Z -> R) (i : Z) : R := (((Δyhat_σ i) ⊙ (yhat_σ i)) ⊙ (1 - (yhat_σ i)))%R.
Definition eq29 (Δyhat : Z -> R) (v : Z -> R) (i j : Z) : R := ((Δyhat i) * (v j))%R.
Definition eq29_operator (Δyhat : Z -> R) (v : Z -> R) (i j : Z) : R := (outer Δyhat v i j)%R.
Definition eq30 (Δyhat : Z -> R) (i : Z) : R := (Δyhat i)%R.
Definition eq30_operator (Δyhat : Z -> R) (i : Z) : R := (Δyhat i)%R.
Definition eq31 (Y : Z) (Δyhat : Z -> R) (W : Z -> Z -> R) (j : Z) : R := (Σ i from 0%Z to (Y - 1)%Z, ((W i j) * (Δyhat i)))%R.
Definition eq31_operator (Y : Z) (Δyhat : Z -> R) (W : Z -> Z -> R) (j : Z) : R := (times Y (transpose W) Δyhat j)%R.
Definition eq32 (y_s : Z) (Δv_q : Z -> Z -> R) (q i j : Z) : R := (Δv_q q ((y_s * i) + j)%Z)%R.
Definition eq33 (x_s : Z) (y_s : Z) (Δv : Z -> R) (q i j : Z) : R := (Δv (((x_s * y_s * q) + (y_s * i)) + j)%Z)%R.
Definition eq34 (ΔS2 : Z -> Z -> Z -> R) (q i j : Z) : R := ((/ 4) * (ΔS2 q (i / 2)%Z (j / 2)%Z))%R.
Definition eq35 (ΔC2_σ : Z -> Z -> Z -> R) (C2_σ : Z -> Z -> Z -> R) (q i j : Z) : R := ((ΔC2_σ q i j) * (C2_σ q i j) * (1 - (C2_σ q i j)))%R.
Definition eq35_operator (ΔC2_σ : Z -> Z -> Z -> R) (C2_σ : Z -> Z -> Z -> R) (q i j : Z) : R := (((ΔC2_σ q i j) ⊙ (C2_σ q i j)) ⊙ (1 - (C2_σ q i j)))%R.
Definition eq36 (x_c : Z) (y_c : Z) (ΔC2 : Z -> Z -> Z -> R) (S1 : Z -> Z -> Z -> R) (p q u v : Z) : R := (Σ i from 0%Z to (x_c - 1)%Z, (Σ j from 0%Z to (y_c - 1)%Z, ((S1 p (u + i)%Z (v + j)%Z) * (ΔC2 q i j))))%R.
Definition eq36_operator (x_c : Z) (y_c : Z) (ΔC2 : Z -> Z -> Z -> R) (S1 : Z -> Z -> Z -> R) (p q u v : Z) : R := (eq01 x_c y_c (S1 p) (ΔC2 q) u v)%R.
Definition eq37 (x_c : Z) (y_c : Z) (ΔC2 : Z -> Z -> Z -> R) (q : Z) : R := (Σ i from 0%Z to (x_c - 1)%Z, (Σ j from 0%Z to (y_c - 1)%Z, (ΔC2 q i j)))%R.
Definition eq38 (x_k : Z) (y_k : Z) (x_c : Z) (y_c : Z) (Q : Z) (ΔC2 : Z -> Z -> Z -> R) (K2 : Z -> Z -> Z -> Z -> R) (p i j : Z) : R := (Σ q from 0%Z to (Q - 1)%Z, (Σ u from (Z.max 0 ((i - x_c) + 1))%Z to (Z.min (x_k - 1) i)%Z, (Σ v from (Z.max 0 ((j - y_c) + 1))%Z to (Z.min (y_k - 1) j)%Z, ((ΔC2 q (i - u)%Z (j - v)%Z) * (K2 p q u v)))))%R.
Definition eq38_operator (x_k : Z) (y_k : Z) (x_c : Z) (y_c : Z) (Q : Z) (ΔC2 : Z -> Z -> Z -> R) (K2 : Z -> Z -> Z -> Z -> R) (p i j : Z) : R := (Σ q from 0%Z to (Q - 1)%Z, (eq03 x_c y_c x_k y_k (ΔC2 q) (K2 p q) i j))%R.
Definition eq39 (ΔS1 : Z -> Z -> Z -> R) (p i j : Z) : R := ((/ 4) * (ΔS1 p (i / 2)%Z (j / 2)%Z))%R.
Definition eq40 (ΔC1_σ : Z -> Z -> Z -> R) (C1_σ : Z -> Z -> Z -> R) (p i j : Z) : R := ((ΔC1_σ p i j) * (C1_σ p i j) * (1 - (C1_σ p i j)))%R.
Definition eq40_operator (ΔC1_σ : Z -> Z -> Z -> R) (C1_σ : Z -> Z -> Z -> R) (p i j : Z) : R := (((ΔC1_σ p i j) ⊙ (C1_σ p i j)) ⊙ (1 - (C1_σ p i j)))%R.
Definition eq41 (x_c : Z) (y_c : Z) (ΔC1 : Z -> Z -> Z -> R) (I : Z -> Z -> R) (p u v : Z) : R := (Σ i from 0%Z to (x_c - 1)%Z, (Σ j from 0%Z to (y_c - 1)%Z, ((I (u + i)%Z (v + j)%Z) * (ΔC1 p i j))))%R.
Definition eq41_operator (x_c : Z) (y_c : Z) (ΔC1 : Z -> Z -> Z -> R) (I : Z -> Z -> R) (p u v : Z) : R := (eq01 x_c y_c I (ΔC1 p) u v)%R.
Definition eq42 (x_c : Z) (y_c : Z) (ΔC1 : Z -> Z -> Z -> R) (p : Z) : R := (Σ i from 0%Z to (x_c - 1)%Z, (Σ j from 0%Z to (y_c - 1)%Z, (ΔC1 p i j)))%R.
Definition deltaI (x_k : Z) (y_k : Z) (x_c : Z) (y_c : Z) (P : Z) (ΔC1 : Z -> Z -> Z -> R) (K1 : Z -> Z -> Z -> Z -> R) (i j : Z) : R := (Σ p from 0%Z to (P - 1)%Z, (Σ u from (Z.max 0 ((i - x_c) + 1))%Z to (Z.min (x_k - 1) i)%Z, (Σ v from (Z.max 0 ((j - y_c) + 1))%Z to (Z.min (y_k - 1) j)%Z, ((ΔC1 p (i - u)%Z (j - v)%Z) * (K1 0%Z p u v)))))%R.
Definition deltaI_operator (x_k : Z) (y_k : Z) (x_c : Z) (y_c : Z) (P : Z) (ΔC1 : Z -> Z -> Z -> R) (K1 : Z -> Z -> Z -> Z -> R) (i j : Z) : R := (Σ p from 0%Z to (P - 1)%Z, (eq03 x_c y_c x_k y_k (ΔC1 p) (K1 0%Z p) i j))%R.
Definition H1 (Y : Z) (yhat : Z -> R) (i : Z) : R := ((exp (yhat i)) / (Σ k from 0%Z to (Y - 1)%Z, (exp (yhat k))))%R.
Definition H1_other (Y : Z) (yhat : Z -> R) (m : R) (i : Z) : R := ((exp ((yhat i) - m)) / (Σ k from 0%Z to (Y - 1)%Z, (exp ((yhat k) - m))))%R.
Definition H2 (Y : Z) (y : Z -> R) (yhat : Z -> R) (m : R) : R := (Σ i from 0%Z to (Y - 1)%Z, ((y i) * ((ln (Σ k from 0%Z to (Y - 1)%Z, (exp ((yhat k) - m)))) - ((yhat i) - m))))%R.
Definition H3 (Y : Z) (s : Z -> R) (y : Z -> R) (i : Z) : R := (((s i) * (Σ k from 0%Z to (Y - 1)%Z, (y k))) - (y i))%R.
Definition H4 (Y : Z) (Δs : Z -> R) (s : Z -> R) (i : Z) : R := ((s i) * ((Δs i) - (Σ k from 0%Z to (Y - 1)%Z, ((s k) * (Δs k)))))%R.
Definition H5 (Y : Z) (y : Z -> R) (yhat : Z -> R) : R := (Σ i from 0%Z to (Y - 1)%Z, ((ln (1 + (exp (yhat i)))) - ((yhat i) * (y i))))%R.
Definition H5_other (Y : Z) (y : Z -> R) (yhat : Z -> R) : R := (Σ i from 0%Z to (Y - 1)%Z, (((Rmax (yhat i) 0) - ((yhat i) * (y i))) + (ln (1 + (exp (- (Rabs (yhat i))))))))%R.
Definition H6 (y : Z -> R) (yhat_σ : Z -> R) (i : Z) : R := ((yhat_σ i) - (y i))%R.
Definition H6_operator (y : Z -> R) (yhat_σ : Z -> R) (i : Z) : R := ((yhat_σ i) - (y i))%R.
Definition H7 (Y : Z) (y : Z -> R) (yhat_σ : Z -> R) : R := (- (Σ i from 0%Z to (Y - 1)%Z, ((y i) * (ln ((yhat_σ i) / (Σ k from 0%Z to (Y - 1)%Z, (yhat_σ k)))))))%R.
Definition H8 (Y : Z) (y : Z -> R) (yhat_σ : Z -> R) (i : Z) : R := (((Σ k from 0%Z to (Y - 1)%Z, (y k)) / (Σ k from 0%Z to (Y - 1)%Z, (yhat_σ k))) - ((y i) / (yhat_σ i)))%R.
Definition L1 (C : Z -> Z -> Z -> R) (q i j : Z) : R := (Rmax (C q i j) 0)%R.
Definition L2 (ΔC_r : Z -> Z -> Z -> R) (C : Z -> Z -> Z -> R) (q i j : Z) : R := ((ΔC_r q i j) * (indicator (Rlt_dec 0 (C q i j))))%R.
Definition L3 (C_σ : Z -> Z -> Z -> R) (q i j : Z) : R := (max_over 2%Z (fun u => (max_over 2%Z (fun v => (C_σ q ((2 * i) + u)%Z ((2 * j) + v)%Z)))))%R.
Definition L4 (x_s : Z) (y_s : Z) (Q : Z) (ΔC_σ : Z -> Z -> Z -> R) (ΔS : Z -> Z -> Z -> R) (C_σ : Z -> Z -> Z -> R) : Prop := forall (q i j u v : Z), 0 <= q < Q -> 0 <= i < x_s -> 0 <= j < y_s -> 0 <= u < 2 -> 0 <= v < 2 -> ((ΔC_σ q ((2 * i) + u)%Z ((2 * j) + v)%Z) = ((ΔS q i j) * (indicator (Z.eq_dec ((2 * u) + v)%Z (argmax 4 (fun k => (C_σ q ((2 * i) + (k / 2))%Z (((2 * j) + k) - (2 * (k / 2)))%Z)))%Z))))%R.

(* The network: its sizes, what it is given, and what each equation makes of that. *)
Record sizes := { P : Z; Q : Z; M : Z; Y : Z; x_i1 : Z; y_i1 : Z; x_k1 : Z; y_k1 : Z; x_c1 : Z; y_c1 : Z; x_s1 : Z; y_s1 : Z; x_i2 : Z; y_i2 : Z; x_k2 : Z; y_k2 : Z; x_c2 : Z; y_c2 : Z; x_s2 : Z; y_s2 : Z }.
Record operands := { I : Z -> Z -> R; K1 : Z -> Z -> Z -> Z -> R; b1 : Z -> R; K2 : Z -> Z -> Z -> Z -> R; b2 : Z -> R; W : Z -> Z -> R; b : Z -> R }.
Definition fitting (n : sizes) : Prop :=
  1 <= x_k1 n <= x_i1 n /\
  x_c1 n = x_i1 n - x_k1 n + 1 /\
  x_c1 n = 2 * x_s1 n /\
  1 <= y_k1 n <= y_i1 n /\
  y_c1 n = y_i1 n - y_k1 n + 1 /\
  y_c1 n = 2 * y_s1 n /\
  1 <= x_k2 n <= x_i2 n /\
  x_c2 n = x_i2 n - x_k2 n + 1 /\
  x_c2 n = 2 * x_s2 n /\
  1 <= y_k2 n <= y_i2 n /\
  y_c2 n = y_i2 n - y_k2 n + 1 /\
  y_c2 n = 2 * y_s2 n /\
  x_i2 n = x_s1 n /\
  y_i2 n = y_s1 n /\
  M n = x_s2 n * y_s2 n * Q n /\
  0 <= P n /\
  0 <= Q n /\
  0 <= Y n.
Definition flattens (n : sizes) (flatten : (Z -> Z -> Z -> R) -> Z -> R) : Prop :=
  forall S2, eq22 (x_s2 n) (y_s2 n) (Q n) S2 (flatten S2).
Section Network.
Variables (flatten : (Z -> Z -> Z -> R) -> Z -> R) (y : Z -> R).
Definition C1 (n : sizes) (x : operands) := eq14 (x_k1 n) (y_k1 n) (I x) (K1 x) (b1 x).
Definition C1_σ (n : sizes) (x : operands) := eq15 (C1 n x).
Definition S1 (n : sizes) (x : operands) := eq16 (C1_σ n x).
Definition C2 (n : sizes) (x : operands) := eq18 (x_k2 n) (y_k2 n) (P n) (K2 x) (S1 n x) (b2 x).
Definition C2_σ (n : sizes) (x : operands) := eq19 (C2 n x).
Definition S2 (n : sizes) (x : operands) := eq20 (C2_σ n x).
Definition v (n : sizes) (x : operands) := flatten (S2 n x).
Definition yhat (n : sizes) (x : operands) := eq24 (M n) (W x) (b x) (v n x).
Definition yhat_σ (n : sizes) (x : operands) := eq25 (yhat n x).
(* The loss, seen from each array on the way. *)
Definition L_of_yhat_σ (n : sizes) (x : operands) yhat_σ : R := eq26 (Y n) y yhat_σ.
Definition L_of_yhat (n : sizes) (x : operands) yhat : R := L_of_yhat_σ n x (eq25 yhat).
Definition L_of_v (n : sizes) (x : operands) v : R := L_of_yhat n x (eq24 (M n) (W x) (b x) v).
Definition L_of_S2 (n : sizes) (x : operands) S2 : R := L_of_v n x (flatten S2).
Definition L_of_C2_σ (n : sizes) (x : operands) C2_σ : R := L_of_S2 n x (eq20 C2_σ).
Definition L_of_C2 (n : sizes) (x : operands) C2 : R := L_of_C2_σ n x (eq19 C2).
Definition L_of_S1 (n : sizes) (x : operands) S1 : R := L_of_C2 n x (eq18 (x_k2 n) (y_k2 n) (P n) (K2 x) S1 (b2 x)).
Definition L_of_C1_σ (n : sizes) (x : operands) C1_σ : R := L_of_S1 n x (eq16 C1_σ).
Definition L_of_C1 (n : sizes) (x : operands) C1 : R := L_of_C1_σ n x (eq15 C1).
Definition L (n : sizes) (x : operands) : R := L_of_C1 n x (C1 n x).
(* What §4.4 computes. *)
Definition Δyhat_σ (n : sizes) (x : operands) := eq27 y (yhat_σ n x).
Definition Δyhat (n : sizes) (x : operands) := eq28 (Δyhat_σ n x) (yhat_σ n x).
Definition ΔW (n : sizes) (x : operands) := eq29 (Δyhat n x) (v n x).
Definition Δb (n : sizes) (x : operands) := eq30 (Δyhat n x).
Definition Δv (n : sizes) (x : operands) := eq31 (Y n) (Δyhat n x) (W x).
Definition ΔS2 (n : sizes) (x : operands) := eq33 (x_s2 n) (y_s2 n) (Δv n x).
Definition ΔC2_σ (n : sizes) (x : operands) := eq34 (ΔS2 n x).
Definition ΔC2 (n : sizes) (x : operands) := eq35 (ΔC2_σ n x) (C2_σ n x).
Definition ΔK2 (n : sizes) (x : operands) := eq36 (x_c2 n) (y_c2 n) (ΔC2 n x) (S1 n x).
Definition Δb2 (n : sizes) (x : operands) := eq37 (x_c2 n) (y_c2 n) (ΔC2 n x).
Definition ΔS1 (n : sizes) (x : operands) := eq38 (x_k2 n) (y_k2 n) (x_c2 n) (y_c2 n) (Q n) (ΔC2 n x) (K2 x).
Definition ΔC1_σ (n : sizes) (x : operands) := eq39 (ΔS1 n x).
Definition ΔC1 (n : sizes) (x : operands) := eq40 (ΔC1_σ n x) (C1_σ n x).
Definition ΔK1 (n : sizes) (x : operands) := eq41 (x_c1 n) (y_c1 n) (ΔC1 n x) (I x).
Definition Δb1 (n : sizes) (x : operands) := eq42 (x_c1 n) (y_c1 n) (ΔC1 n x).
Definition ΔI (n : sizes) (x : operands) := deltaI (x_k1 n) (y_k1 n) (x_c1 n) (y_c1 n) (P n) (ΔC1 n x) (K1 x).
End Network.
