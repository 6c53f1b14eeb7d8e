(* §4.4 as one theorem. Along every differentiable curve of (I, K¹, b¹, K², b², W, b) the derivative of the loss is the
   sum of the products of §4.4's Δ with the derivatives of their variables: at all sizes, over the reals, with the real σ.
   The proof follows §4.4 from the loss to the image: each lemma goes through one more layer. *)
From Coq Require Import Reals ZArith Lia Lra.
From Coquelicot Require Import Coquelicot.
From Vanilla Require Import Sums Normal Equations Layers.
Open Scope Z_scope.

(* There is such a vector: (22) solved for v. *)
Definition vectorized (n : sizes) (S : Z -> Z -> Z -> R) (m : Z) : R :=
  S (m / (x_s2 n * y_s2 n)) ((m mod (x_s2 n * y_s2 n)) / y_s2 n) ((m mod (x_s2 n * y_s2 n)) mod y_s2 n).

Lemma vectorized_flattens n : flattens n (vectorized n).
Proof.
  intros S q i j Hq Hi Hj. unfold vectorized.
  replace ((x_s2 n * y_s2 n * q + y_s2 n * i + j) mod (x_s2 n * y_s2 n)) with (y_s2 n * i + j)
    by (apply Z.mod_unique with q; nia).
  replace ((x_s2 n * y_s2 n * q + y_s2 n * i + j) / (x_s2 n * y_s2 n)) with q
    by (apply Z.div_unique with (y_s2 n * i + j); nia).
  replace ((y_s2 n * i + j) / y_s2 n) with i by (apply Z.div_unique with j; nia).
  now replace ((y_s2 n * i + j) mod y_s2 n) with j by (apply Z.mod_unique with i; nia).
Qed.

(* x' is the derivative of the curve x at t. *)
Definition moves (x : R -> operands) (t : R) (x' : operands) : Prop :=
  (forall i j, is_derive (fun s => I (x s) i j) t (I x' i j)) /\
  (forall p q u v, is_derive (fun s => K1 (x s) p q u v) t (K1 x' p q u v)) /\
  (forall p, is_derive (fun s => b1 (x s) p) t (b1 x' p)) /\
  (forall p q u v, is_derive (fun s => K2 (x s) p q u v) t (K2 x' p q u v)) /\
  (forall q, is_derive (fun s => b2 (x s) q) t (b2 x' q)) /\
  (forall i j, is_derive (fun s => W (x s) i j) t (W x' i j)) /\
  (forall i, is_derive (fun s => b (x s) i) t (b x' i)).

Section Network.
Variables (n : sizes) (flatten : (Z -> Z -> Z -> R) -> Z -> R) (y : Z -> R).
Hypotheses (fits : fitting n) (laid_out : flattens n flatten).
Variables (x : R -> operands) (t : R) (x' : operands).
Hypothesis along : moves x t x'.

Ltac sized := destruct fits as (?&?&?&?&?&?&?&?&?&?&?&?&?&?&?&?&?&?).
Ltac moving := destruct along as (?&?&?&?&?&?&?).

(* What the operands of the last layers contribute. *)
Definition dense_part : R :=
  ((Σ i from 0 to Y n - 1, Σ j from 0 to M n - 1, ΔW flatten y n (x t) i j * W x' i j) +
   (Σ i from 0 to Y n - 1, Δb flatten y n (x t) i * b x' i))%R.
Definition layer2_part : R :=
  ((Σ p from 0 to P n - 1, Σ q from 0 to Q n - 1, Σ u from 0 to x_k2 n - 1, Σ v from 0 to y_k2 n - 1,
    ΔK2 flatten y n (x t) p q u v * K2 x' p q u v) +
   (Σ q from 0 to Q n - 1, Δb2 flatten y n (x t) q * b2 x' q) + dense_part)%R.
Definition layer1_part : R :=
  ((Σ p from 0 to P n - 1, Σ u from 0 to x_k1 n - 1, Σ v from 0 to y_k1 n - 1,
    ΔK1 flatten y n (x t) p u v * K1 x' 0 p u v) +
   (Σ p from 0 to P n - 1, Δb1 flatten y n (x t) p * b1 x' p) + layer2_part)%R.

(* (27) *)
Lemma from_yhat_σ (s : R -> Z -> R) (s' : Z -> R) : s t = yhat_σ flatten n (x t) ->
  (forall i, is_derive (fun r => s r i) t (s' i)) ->
  is_derive (fun r => L_of_yhat_σ y n (x r) (s r)) t (Σ i from 0 to Y n - 1, Δyhat_σ flatten y n (x t) i * s' i)%R.
Proof. intros start H. unfold L_of_yhat_σ, Δyhat_σ. rewrite <- start. now apply loss. Qed.

(* (28) *)
Lemma from_yhat (z : R -> Z -> R) (z' : Z -> R) : z t = yhat flatten n (x t) ->
  (forall i, is_derive (fun r => z r i) t (z' i)) ->
  is_derive (fun r => L_of_yhat y n (x r) (z r)) t (Σ i from 0 to Y n - 1, Δyhat flatten y n (x t) i * z' i)%R.
Proof.
  intros start H. unfold L_of_yhat.
  assert (E : forall i, is_derive (fun r => eq25 (z r) i) t (Derive (fun r => eq25 (z r) i) t)).
  { intros i. apply Derive_correct. eexists. apply (derive_σ (fun r => z r i)), H. }
  eapply derive_eq; [apply from_yhat_σ with (2 := E); unfold yhat_σ; now rewrite start|].
  apply (unique (fun r => Σ i from 0 to Y n - 1, Δyhat_σ flatten y n (x t) i * eq25 (z r) i)%R t).
  - apply sum_derive; intros. apply derive_scale, E.
  - apply sum_derive; intros. unfold Δyhat, yhat_σ. rewrite <- start. now apply activation_dense.
Qed.

(* (29), (30), (31); from here on W and b move as well. *)
Lemma from_v (v : R -> Z -> R) (v' : Z -> R) : v t = Equations.v flatten n (x t) ->
  (forall m, 0 <= m <= M n - 1 -> is_derive (fun r => v r m) t (v' m)) ->
  is_derive (fun r => L_of_v y n (x r) (v r)) t
    ((Σ m from 0 to M n - 1, Δv flatten y n (x t) m * v' m) + dense_part)%R.
Proof.
  intros start H. unfold L_of_v. moving.
  assert (E : forall i, is_derive (fun r => eq24 (M n) (W (x r)) (b (x r)) (v r) i) t
    (Derive (fun r => eq24 (M n) (W (x r)) (b (x r)) (v r) i) t)).
  { intros i. apply Derive_correct. eapply eq24_moves; eauto. }
  eapply derive_eq; [apply from_yhat with (2 := E); unfold yhat; now rewrite start|].
  apply (unique (fun r => Σ i from 0 to Y n - 1,
    Δyhat flatten y n (x t) i * eq24 (M n) (W (x r)) (b (x r)) (v r) i)%R t).
  - apply sum_derive; intros. apply derive_scale, E.
  - eapply derive_eq; [apply dense with (v' := v'); eauto|].
    unfold dense_part, ΔW, Δb, Δv. rewrite start. ring.
Qed.

(* (33) *)
Lemma from_S2 (S : R -> Z -> Z -> Z -> R) S' : S t = S2 n (x t) ->
  (forall q i j, is_derive (fun r => S r q i j) t (S' q i j)) ->
  is_derive (fun r => L_of_S2 flatten y n (x r) (S r)) t
    ((Σ q from 0 to Q n - 1, Σ i from 0 to x_s2 n - 1, Σ j from 0 to y_s2 n - 1,
      ΔS2 flatten y n (x t) q i j * S' q i j) + dense_part)%R.
Proof.
  intros start H. unfold L_of_S2. sized.
  assert (E : forall m, 0 <= m <= M n - 1 ->
    is_derive (fun r => flatten (S r) m) t (Derive (fun r => flatten (S r) m) t)).
  { intros m Hm. apply Derive_correct.
    apply (eq22_moves (Q n) (x_s2 n) (y_s2 n)) with (S := S) (S' := S') (v := fun r => flatten (S r)); auto; lia. }
  eapply derive_eq; [apply from_v with (2 := E); unfold Equations.v; now rewrite start|].
  apply f_equal2; [|reflexivity].
  apply (unique (fun r => Σ m from 0 to M n - 1, Δv flatten y n (x t) m * flatten (S r) m)%R t).
  - apply sum_derive; intros. now apply derive_scale, E.
  - unfold ΔS2. replace (M n) with (x_s2 n * y_s2 n * Q n) by auto.
    apply vector with (S := S) (v := fun r => flatten (S r)); auto; lia.
Qed.

(* (34) *)
Lemma from_C2_σ (C : R -> Z -> Z -> Z -> R) C' : C t = C2_σ n (x t) ->
  (forall q i j, is_derive (fun r => C r q i j) t (C' q i j)) ->
  is_derive (fun r => L_of_C2_σ flatten y n (x r) (C r)) t
    ((Σ q from 0 to Q n - 1, Σ i from 0 to x_c2 n - 1, Σ j from 0 to y_c2 n - 1,
      ΔC2_σ flatten y n (x t) q i j * C' q i j) + dense_part)%R.
Proof.
  intros start H. unfold L_of_C2_σ. sized.
  assert (E : forall q i j, is_derive (fun r => eq20 (C r) q i j) t (Derive (fun r => eq20 (C r) q i j) t)).
  { intros. apply Derive_correct. eapply eq20_moves; eauto. }
  eapply derive_eq; [apply from_S2 with (2 := E); unfold S2; now rewrite start|].
  apply f_equal2; [|reflexivity].
  apply (unique (fun r => Σ q from 0 to Q n - 1, Σ i from 0 to x_s2 n - 1, Σ j from 0 to y_s2 n - 1,
    ΔS2 flatten y n (x t) q i j * eq20 (C r) q i j)%R t).
  - do 3 (apply sum_derive; intros). apply derive_scale, E.
  - apply pooling2; auto; lia.
Qed.

(* (35) *)
Lemma from_C2 (C : R -> Z -> Z -> Z -> R) C' : C t = C2 n (x t) ->
  (forall q i j, is_derive (fun r => C r q i j) t (C' q i j)) ->
  is_derive (fun r => L_of_C2 flatten y n (x r) (C r)) t
    ((Σ q from 0 to Q n - 1, Σ i from 0 to x_c2 n - 1, Σ j from 0 to y_c2 n - 1,
      ΔC2 flatten y n (x t) q i j * C' q i j) + dense_part)%R.
Proof.
  intros start H. unfold L_of_C2.
  assert (E : forall q i j, is_derive (fun r => eq19 (C r) q i j) t (Derive (fun r => eq19 (C r) q i j) t)).
  { intros. apply Derive_correct. eapply eq19_moves; eauto. }
  eapply derive_eq; [apply from_C2_σ with (2 := E); unfold C2_σ; now rewrite start|].
  apply f_equal2; [|reflexivity].
  apply (unique (fun r => Σ q from 0 to Q n - 1, Σ i from 0 to x_c2 n - 1, Σ j from 0 to y_c2 n - 1,
    ΔC2_σ flatten y n (x t) q i j * eq19 (C r) q i j)%R t).
  - do 3 (apply sum_derive; intros). apply derive_scale, E.
  - do 3 (apply sum_derive; intros). unfold ΔC2, C2_σ. rewrite <- start. now apply activation2.
Qed.

(* (36), (37), (38); from here on K² and b² move as well. *)
Lemma from_S1 (S : R -> Z -> Z -> Z -> R) S' : S t = S1 n (x t) ->
  (forall p i j, is_derive (fun r => S r p i j) t (S' p i j)) ->
  is_derive (fun r => L_of_S1 flatten y n (x r) (S r)) t
    ((Σ p from 0 to P n - 1, Σ i from 0 to x_i2 n - 1, Σ j from 0 to y_i2 n - 1,
      ΔS1 flatten y n (x t) p i j * S' p i j) + layer2_part)%R.
Proof.
  intros start H. unfold L_of_S1. sized. moving.
  assert (E : forall q i j, is_derive (fun r => eq18 (x_k2 n) (y_k2 n) (P n) (K2 (x r)) (S r) (b2 (x r)) q i j) t
    (Derive (fun r => eq18 (x_k2 n) (y_k2 n) (P n) (K2 (x r)) (S r) (b2 (x r)) q i j) t)).
  { intros. apply Derive_correct. eapply eq18_moves; eauto. }
  eapply derive_eq; [apply from_C2 with (2 := E); unfold C2; now rewrite start|].
  unfold layer2_part. rewrite <- !Rplus_assoc. apply Rplus_eq_compat_r.
  apply (unique (fun r => Σ q from 0 to Q n - 1, Σ i from 0 to x_c2 n - 1, Σ j from 0 to y_c2 n - 1,
    ΔC2 flatten y n (x t) q i j * eq18 (x_k2 n) (y_k2 n) (P n) (K2 (x r)) (S r) (b2 (x r)) q i j)%R t).
  - do 3 (apply sum_derive; intros). apply derive_scale, E.
  - eapply derive_eq; [apply convolution2 with (x_i := x_i2 n) (y_i := y_i2 n) (S' := S'); eauto; lia|].
    unfold ΔK2, Δb2, ΔS1. rewrite start. ring.
Qed.

(* (39) *)
Lemma from_C1_σ (C : R -> Z -> Z -> Z -> R) C' : C t = C1_σ n (x t) ->
  (forall p i j, is_derive (fun r => C r p i j) t (C' p i j)) ->
  is_derive (fun r => L_of_C1_σ flatten y n (x r) (C r)) t
    ((Σ p from 0 to P n - 1, Σ i from 0 to x_c1 n - 1, Σ j from 0 to y_c1 n - 1,
      ΔC1_σ flatten y n (x t) p i j * C' p i j) + layer2_part)%R.
Proof.
  intros start H. unfold L_of_C1_σ. sized.
  assert (E : forall p i j, is_derive (fun r => eq16 (C r) p i j) t (Derive (fun r => eq16 (C r) p i j) t)).
  { intros. apply Derive_correct. eapply eq16_moves; eauto. }
  eapply derive_eq; [apply from_S1 with (2 := E); unfold S1; now rewrite start|].
  apply f_equal2; [|reflexivity]. replace (x_i2 n) with (x_s1 n) by auto. replace (y_i2 n) with (y_s1 n) by auto.
  apply (unique (fun r => Σ p from 0 to P n - 1, Σ i from 0 to x_s1 n - 1, Σ j from 0 to y_s1 n - 1,
    ΔS1 flatten y n (x t) p i j * eq16 (C r) p i j)%R t).
  - do 3 (apply sum_derive; intros). apply derive_scale, E.
  - apply pooling1; auto; lia.
Qed.

(* (40) *)
Lemma from_C1 (C : R -> Z -> Z -> Z -> R) C' : C t = C1 n (x t) ->
  (forall p i j, is_derive (fun r => C r p i j) t (C' p i j)) ->
  is_derive (fun r => L_of_C1 flatten y n (x r) (C r)) t
    ((Σ p from 0 to P n - 1, Σ i from 0 to x_c1 n - 1, Σ j from 0 to y_c1 n - 1,
      ΔC1 flatten y n (x t) p i j * C' p i j) + layer2_part)%R.
Proof.
  intros start H. unfold L_of_C1.
  assert (E : forall p i j, is_derive (fun r => eq15 (C r) p i j) t (Derive (fun r => eq15 (C r) p i j) t)).
  { intros. apply Derive_correct. eapply eq15_moves; eauto. }
  eapply derive_eq; [apply from_C1_σ with (2 := E); unfold C1_σ; now rewrite start|].
  apply f_equal2; [|reflexivity].
  apply (unique (fun r => Σ p from 0 to P n - 1, Σ i from 0 to x_c1 n - 1, Σ j from 0 to y_c1 n - 1,
    ΔC1_σ flatten y n (x t) p i j * eq15 (C r) p i j)%R t).
  - do 3 (apply sum_derive; intros). apply derive_scale, E.
  - do 3 (apply sum_derive; intros). unfold ΔC1, C1_σ. rewrite <- start. now apply activation1.
Qed.

(* (41), (42), ΔI: the whole of §4.4. *)
Theorem backward :
  is_derive (fun r => L flatten y n (x r)) t
    ((Σ i from 0 to x_i1 n - 1, Σ j from 0 to y_i1 n - 1, ΔI flatten y n (x t) i j * I x' i j) + layer1_part)%R.
Proof.
  unfold L. sized. moving.
  assert (E : forall p i j, is_derive (fun r => C1 n (x r) p i j) t (Derive (fun r => C1 n (x r) p i j) t)).
  { intros. apply Derive_correct. unfold C1. eapply eq14_moves; eauto. }
  eapply derive_eq; [apply from_C1 with (2 := E); reflexivity|].
  unfold layer1_part. rewrite <- !Rplus_assoc. apply Rplus_eq_compat_r.
  apply (unique (fun r => Σ p from 0 to P n - 1, Σ i from 0 to x_c1 n - 1, Σ j from 0 to y_c1 n - 1,
    ΔC1 flatten y n (x t) p i j * C1 n (x r) p i j)%R t).
  - do 3 (apply sum_derive; intros). apply derive_scale, E.
  - unfold C1. eapply derive_eq; [apply convolution1 with (x_i := x_i1 n) (y_i := y_i1 n) (I' := I x'); eauto; lia|].
    unfold ΔK1, Δb1, ΔI. ring.
Qed.
End Network.
