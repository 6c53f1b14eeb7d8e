(* Each layer along a curve: whatever the derivatives X' of what it reads, that of ⟨D, forward⟩ is Σ ΔX X' with the
   printed ΔX, where D is any gradient of what the layer gives. *)
From Coq Require Import Reals ZArith Lia Lra.
From Coquelicot Require Import Coquelicot.
From Vanilla Require Import Sums Normal Equations.
Open Scope Z_scope.

(* Rules of one variable. *)
Lemma derive_eq (f : R -> R) (t a b : R) : is_derive f t a -> a = b -> is_derive f t b.
Proof. now intros H <-. Qed.

Lemma derive_const c (t : R) : is_derive (fun _ => c) t 0%R.
Proof. apply (is_derive_const c). Qed.

Lemma derive_under (f g : R -> R) t d : (forall s, f s = g s) -> is_derive g t d -> is_derive f t d.
Proof. intros E H. apply (is_derive_ext g); [intros; now rewrite E | exact H]. Qed.

Lemma derive_mult (f g : R -> R) t a b :
  is_derive f t a -> is_derive g t b -> is_derive (fun s => f s * g s)%R t (a * g t + f t * b)%R.
Proof. intros. apply (is_derive_mult f g); auto. intros; apply Rmult_comm. Qed.

Lemma derive_plus (f g : R -> R) t a b :
  is_derive f t a -> is_derive g t b -> is_derive (fun s => f s + g s)%R t (a + b)%R.
Proof. intros. apply (is_derive_plus f g); auto. Qed.

Lemma derive_scale (f : R -> R) t a c : is_derive f t a -> is_derive (fun s => c * f s)%R t (c * a)%R.
Proof. intros. apply (is_derive_scal f); auto. Qed.

Lemma derive_square (f : R -> R) t d c :
  is_derive f t d -> is_derive (fun s => (f s - c) ^ 2)%R t (2 * (f t - c) * d)%R.
Proof.
  intros H. auto_derive; [now exists d|].
  change (Derive (fun s => f s) t) with (Derive f t). rewrite (is_derive_unique f t d H). ring.
Qed.

(* §2.3 *)
Theorem eq06_is_the_derivative : forall x, is_derive σ x (eq06 x).
Proof.
  intros x. unfold eq06, σ. assert (0 < exp (- x))%R by apply exp_pos.
  auto_derive; [lra|]. field. lra.
Qed.

Theorem both_forms_of_σ : forall x, σ x = σ_other x.
Proof. intros x. unfold σ, σ_other. rewrite exp_Ropp. assert (0 < exp x)%R by apply exp_pos. field. lra. Qed.

Lemma derive_σ (f : R -> R) t d : is_derive f t d -> is_derive (fun s => σ (f s)) t (σ (f t) * (1 - σ (f t)) * d)%R.
Proof.
  intros H. rewrite Rmult_comm. apply (derive_eq _ _ (d * eq06 (f t))%R).
  - apply (is_derive_comp σ f t _ _ (eq06_is_the_derivative (f t)) H).
  - unfold eq06. ring.
Qed.

(* The sigmoid behind a convolution, (15) and (19), and behind the dense layer, (25): entry by entry. *)
Lemma unique (f : R -> R) (t a b : R) : is_derive f t a -> is_derive f t b -> a = b.
Proof. intros A B. now rewrite <- (is_derive_unique f t a A), <- (is_derive_unique f t b B). Qed.

Section Activation.
Opaque is_derive. (* Otherwise Coq unfolds it, for minutes, before it refuses a wrong (15). *)
Variables (C : R -> Z -> Z -> Z -> R) (C' D : Z -> Z -> Z -> R) (t : R).
Hypothesis moves : forall q i j, is_derive (fun s => C s q i j) t (C' q i j).

Theorem activation1 : forall p i j,
  is_derive (fun s => D p i j * eq15 (C s) p i j)%R t (eq40 D (eq15 (C t)) p i j * C' p i j)%R.
Proof.
  intros. unfold eq15, eq40. eapply derive_eq; [apply derive_scale, (derive_σ (fun s => C s p i j)), moves|]. ring.
Qed.

Theorem activation2 : forall q i j,
  is_derive (fun s => D q i j * eq19 (C s) q i j)%R t (eq35 D (eq19 (C t)) q i j * C' q i j)%R.
Proof.
  intros. unfold eq19, eq35. eapply derive_eq; [apply derive_scale, (derive_σ (fun s => C s q i j)), moves|]. ring.
Qed.

Lemma eq15_moves p i j : ex_derive (fun s => eq15 (C s) p i j) t.
Proof. eexists. apply (derive_σ (fun s => C s p i j)), moves. Qed.

Lemma eq19_moves q i j : ex_derive (fun s => eq19 (C s) q i j) t.
Proof. eexists. apply (derive_σ (fun s => C s q i j)), moves. Qed.
End Activation.

Theorem activation_dense (z : R -> Z -> R) (z' D : Z -> R) t :
  (forall i, is_derive (fun s => z s i) t (z' i)) ->
  forall i, is_derive (fun s => D i * eq25 (z s) i)%R t (eq28 D (eq25 (z t)) i * z' i)%R.
Proof.
  intros moves i. unfold eq25, eq28. eapply derive_eq; [apply derive_scale, (derive_σ (fun s => z s i)), moves|]. ring.
Qed.

(* A convolution of P maps with Q kernels each, and what its gradients will be. The printed equations of both layers
   are led back to these, which are written as the proof needs them. *)
Section Convolution.
Variables (P Q x_i y_i x_k y_k x_c y_c : Z).
Hypotheses (Hx : 1 <= x_k <= x_i) (Hy : 1 <= y_k <= y_i) (Hx' : x_c = x_i - x_k + 1) (Hy' : y_c = y_i - y_k + 1).

Definition convolved (S : Z -> Z -> Z -> R) (K : Z -> Z -> Z -> Z -> R) (q i j : Z) : R :=
  (Σ p from 0 to P - 1, Σ u from 0 to x_k - 1, Σ v from 0 to y_k - 1, S p (i + u)%Z (j + v)%Z * K p q u v)%R.
Definition to_kernel (S D : Z -> Z -> Z -> R) (p q u v : Z) : R :=
  (Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1, S p (i + u)%Z (j + v)%Z * D q i j)%R.
Definition to_bias (D : Z -> Z -> Z -> R) (q : Z) : R := (Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1, D q i j)%R.
Definition to_maps (D : Z -> Z -> Z -> R) (K : Z -> Z -> Z -> Z -> R) (p i j : Z) : R :=
  (Σ q from 0 to Q - 1, Σ u from Z.max 0 (i - x_c + 1) to Z.min (x_k - 1) i,
   Σ v from Z.max 0 (j - y_c + 1) to Z.min (y_k - 1) j, D q (i - u)%Z (j - v)%Z * K p q u v)%R.

(* Only the order of the sums changes. *)
Lemma kernel_adjoint (S D : Z -> Z -> Z -> R) (H : Z -> Z -> Z -> Z -> R) :
  (Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1, D q i j * convolved S H q i j)%R =
  (Σ p from 0 to P - 1, Σ q from 0 to Q - 1, Σ u from 0 to x_k - 1, Σ v from 0 to y_k - 1,
   to_kernel S D p q u v * H p q u v)%R.
Proof.
  unfold to_kernel, convolved. rewrite (sum_exchange 0 (P - 1)). apply sum_ext; intros q _. pulled.
  do 3 (etransitivity; [apply sum_third|]; apply sum_ext; intros). do 2 (apply sum_ext; intros). ring.
Qed.

Lemma bias_adjoint (D : Z -> Z -> Z -> R) (H : Z -> R) :
  (Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1, D q i j * H q)%R =
  (Σ q from 0 to Q - 1, to_bias D q * H q)%R.
Proof. unfold to_bias. apply sum_ext; intros q _. pulled. reflexivity. Qed.

(* Here i + u becomes the index i of ΔS, and j + v its j: this is where the bounds of (38) come from. *)
Lemma maps_adjoint (D H : Z -> Z -> Z -> R) (K : Z -> Z -> Z -> Z -> R) :
  (Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1, D q i j * convolved H K q i j)%R =
  (Σ p from 0 to P - 1, Σ i from 0 to x_i - 1, Σ j from 0 to y_i - 1, to_maps D K p i j * H p i j)%R.
Proof.
  unfold to_maps, convolved. pulled.
  etransitivity; [apply sum_ext; intros; apply sum_third|]. rewrite sum_exchange. apply sum_ext; intros p _.
  symmetry. etransitivity; [apply sum_third|]. symmetry. apply sum_ext; intros q _.
  etransitivity; [apply sum_ext; intros; apply sum_exchange|].
  etransitivity; [apply (sum_convolution x_c x_k (fun a i u => Σ j from 0 to y_c - 1, Σ v from 0 to y_k - 1,
    D q i j * (H p a (j + v)%Z * K p q u v))%R); lia|].
  replace (x_c + x_k - 2) with (x_i - 1) by lia. apply sum_ext; intros a _.
  etransitivity; [apply sum_ext; intros u _; apply (sum_convolution y_c y_k (fun b j v =>
    D q (a - u)%Z j * (H p a b * K p q u v))%R); lia|].
  replace (y_c + y_k - 2) with (y_i - 1) by lia. rewrite sum_exchange. do 3 (apply sum_ext; intros). ring.
Qed.

(* Along a curve: the product rule in each term, then the three lemmas. *)
Variables (S : R -> Z -> Z -> Z -> R) (K : R -> Z -> Z -> Z -> Z -> R) (b : R -> Z -> R) (t : R).
Variables (S' D : Z -> Z -> Z -> R) (K' : Z -> Z -> Z -> Z -> R) (b' : Z -> R).
Hypotheses (moves_S : forall p i j, is_derive (fun s => S s p i j) t (S' p i j))
  (moves_K : forall p q u v, is_derive (fun s => K s p q u v) t (K' p q u v))
  (moves_b : forall q, is_derive (fun s => b s q) t (b' q)).

Lemma convolved_curve q i j :
  is_derive (fun s => convolved (S s) (K s) q i j + b s q)%R t
    (convolved (S t) K' q i j + convolved S' (K t) q i j + b' q)%R.
Proof.
  apply derive_plus; auto. unfold convolved. rewrite <- sum_plus. apply sum_derive; intros p _.
  rewrite <- sum_plus. apply sum_derive; intros u _. rewrite <- sum_plus. apply sum_derive; intros v _.
  rewrite Rplus_comm. apply derive_mult; auto.
Qed.

Lemma convolution :
  is_derive (fun s => Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1,
      D q i j * (convolved (S s) (K s) q i j + b s q))%R t
    ((Σ p from 0 to P - 1, Σ q from 0 to Q - 1, Σ u from 0 to x_k - 1, Σ v from 0 to y_k - 1,
      to_kernel (S t) D p q u v * K' p q u v) +
     (Σ p from 0 to P - 1, Σ i from 0 to x_i - 1, Σ j from 0 to y_i - 1, to_maps D (K t) p i j * S' p i j) +
     (Σ q from 0 to Q - 1, to_bias D q * b' q))%R.
Proof.
  rewrite <- kernel_adjoint, <- maps_adjoint, <- bias_adjoint, <- !sum_plus. apply sum_derive; intros q _.
  rewrite <- !sum_plus. apply sum_derive; intros i _. rewrite <- !sum_plus. apply sum_derive; intros j _.
  eapply derive_eq; [apply derive_scale, convolved_curve|]. ring.
Qed.

End Convolution.

(* In the first factor, a printed formula and its spelling above. *)
Ltac spelled law := apply f_equal2; [symmetry; apply law | reflexivity].

(* (18) with (36), (37) and (38). *)
Section Convolution2.
Variables (P Q x_i y_i x_k y_k x_c y_c : Z).
Hypotheses (Hx : 1 <= x_k <= x_i) (Hy : 1 <= y_k <= y_i) (Hx' : x_c = x_i - x_k + 1) (Hy' : y_c = y_i - y_k + 1).

(* The printed formulas, in the spelling above. *)
Lemma spelled_18 S K b q i j : eq18 x_k y_k P K S b q i j = (convolved P x_k y_k S K q i j + b q)%R.
Proof. unfold convolved, eq18. same. Qed.
Lemma spelled_36 D S p q u v : eq36 x_c y_c D S p q u v = to_kernel x_c y_c S D p q u v.
Proof. unfold to_kernel, eq36. same. Qed.
Lemma spelled_37 D q : eq37 x_c y_c D q = to_bias x_c y_c D q.
Proof. unfold to_bias, eq37. same. Qed.
Lemma spelled_38 D K p i j : eq38 x_k y_k x_c y_c Q D K p i j = to_maps Q x_k y_k x_c y_c D K p i j.
Proof. unfold to_maps, eq38. same. Qed.

Variables (S : R -> Z -> Z -> Z -> R) (K : R -> Z -> Z -> Z -> Z -> R) (b : R -> Z -> R) (t : R).
Variables (S' D : Z -> Z -> Z -> R) (K' : Z -> Z -> Z -> Z -> R) (b' : Z -> R).
Hypotheses (moves_S : forall p i j, is_derive (fun s => S s p i j) t (S' p i j))
  (moves_K : forall p q u v, is_derive (fun s => K s p q u v) t (K' p q u v))
  (moves_b : forall q, is_derive (fun s => b s q) t (b' q)).

Lemma eq18_moves q i j : ex_derive (fun s => eq18 x_k y_k P (K s) (S s) (b s) q i j) t.
Proof.
  eexists. eapply derive_under; [intros; apply spelled_18|].
  now apply (convolved_curve P x_k y_k S K b t S' K' b').
Qed.

(* Only the kernels move; only the biases; only the maps. *)
Theorem kernels2 S0 b0 :
  is_derive (fun s => Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1,
      D q i j * eq18 x_k y_k P (K s) S0 b0 q i j)%R t
    (Σ p from 0 to P - 1, Σ q from 0 to Q - 1, Σ u from 0 to x_k - 1, Σ v from 0 to y_k - 1,
      eq36 x_c y_c D S0 p q u v * K' p q u v)%R.
Proof.
  eapply derive_under; [intros; do 3 (apply sum_ext; intros); rewrite spelled_18; reflexivity|].
  eapply derive_eq; [apply (convolution P Q x_i y_i x_k y_k x_c y_c Hx Hy Hx' Hy' (fun _ => S0) K (fun _ => b0) t
    (fun _ _ _ => 0%R) D K' (fun _ => 0%R)); auto; intros; apply derive_const|].
  rewrite none3, none, !Rplus_0_r. do 4 (apply sum_ext; intros). spelled spelled_36.
Qed.

Theorem biases2 S0 K0 :
  is_derive (fun s => Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1,
      D q i j * eq18 x_k y_k P K0 S0 (b s) q i j)%R t
    (Σ q from 0 to Q - 1, eq37 x_c y_c D q * b' q)%R.
Proof.
  eapply derive_under; [intros; do 3 (apply sum_ext; intros); rewrite spelled_18; reflexivity|].
  eapply derive_eq; [apply (convolution P Q x_i y_i x_k y_k x_c y_c Hx Hy Hx' Hy' (fun _ => S0) (fun _ => K0) b t
    (fun _ _ _ => 0%R) D (fun _ _ _ _ => 0%R) b'); auto; intros; apply derive_const|].
  rewrite none4, none3, !Rplus_0_l. apply sum_ext; intros. spelled spelled_37.
Qed.

Theorem maps2 K0 b0 :
  is_derive (fun s => Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1,
      D q i j * eq18 x_k y_k P K0 (S s) b0 q i j)%R t
    (Σ p from 0 to P - 1, Σ i from 0 to x_i - 1, Σ j from 0 to y_i - 1,
      eq38 x_k y_k x_c y_c Q D K0 p i j * S' p i j)%R.
Proof.
  eapply derive_under; [intros; do 3 (apply sum_ext; intros); rewrite spelled_18; reflexivity|].
  eapply derive_eq; [apply (convolution P Q x_i y_i x_k y_k x_c y_c Hx Hy Hx' Hy' S (fun _ => K0) (fun _ => b0) t
    S' D (fun _ _ _ _ => 0%R) (fun _ => 0%R)); auto; intros; apply derive_const|].
  rewrite none4, none, Rplus_0_r, Rplus_0_l. do 3 (apply sum_ext; intros). spelled spelled_38.
Qed.

(* All of them move. *)
Theorem convolution2 :
  is_derive (fun s => Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1,
      D q i j * eq18 x_k y_k P (K s) (S s) (b s) q i j)%R t
    ((Σ p from 0 to P - 1, Σ q from 0 to Q - 1, Σ u from 0 to x_k - 1, Σ v from 0 to y_k - 1,
      eq36 x_c y_c D (S t) p q u v * K' p q u v) +
     (Σ p from 0 to P - 1, Σ i from 0 to x_i - 1, Σ j from 0 to y_i - 1,
      eq38 x_k y_k x_c y_c Q D (K t) p i j * S' p i j) +
     (Σ q from 0 to Q - 1, eq37 x_c y_c D q * b' q))%R.
Proof.
  eapply derive_under; [intros; do 3 (apply sum_ext; intros); rewrite spelled_18; reflexivity|].
  eapply derive_eq; [apply (convolution P Q x_i y_i x_k y_k x_c y_c Hx Hy Hx' Hy' S K b t S' D K' b'); auto|].
  apply f_equal2; [apply f_equal2|]; repeat (apply sum_ext; intros);
    first [spelled spelled_36 | spelled spelled_37 | spelled spelled_38].
Qed.
End Convolution2.

(* (14) with (41), (42) and ΔI: one input map, number 0. P is now the number of maps that layer 1 makes. *)
Section Convolution1.
Variables (P x_i y_i x_k y_k x_c y_c : Z).
Hypotheses (Hx : 1 <= x_k <= x_i) (Hy : 1 <= y_k <= y_i) (Hx' : x_c = x_i - x_k + 1) (Hy' : y_c = y_i - y_k + 1).

Lemma spelled_14 I K b p i j : eq14 x_k y_k I K b p i j = (convolved 1 x_k y_k (fun _ => I) K p i j + b p)%R.
Proof. unfold convolved, eq14. change (1 - 1) with 0. rewrite sum_one. same. Qed.
Lemma spelled_41 D I p u v : eq41 x_c y_c D I p u v = to_kernel x_c y_c (fun _ => I) D 0 p u v.
Proof. unfold to_kernel, eq41. same. Qed.
Lemma spelled_42 D p : eq42 x_c y_c D p = to_bias x_c y_c D p.
Proof. unfold to_bias, eq42. same. Qed.
Lemma spelled_ΔI D K i j : deltaI x_k y_k x_c y_c P D K i j = to_maps P x_k y_k x_c y_c D K 0 i j.
Proof. unfold to_maps, deltaI. same. Qed.

Variables (I : R -> Z -> Z -> R) (K : R -> Z -> Z -> Z -> Z -> R) (b : R -> Z -> R) (t : R).
Variables (I' : Z -> Z -> R) (D : Z -> Z -> Z -> R) (K' : Z -> Z -> Z -> Z -> R) (b' : Z -> R).
Hypotheses (moves_I : forall i j, is_derive (fun s => I s i j) t (I' i j))
  (moves_K : forall p q u v, is_derive (fun s => K s p q u v) t (K' p q u v))
  (moves_b : forall q, is_derive (fun s => b s q) t (b' q)).

Lemma eq14_moves p i j : ex_derive (fun s => eq14 x_k y_k (I s) (K s) (b s) p i j) t.
Proof.
  eexists. eapply derive_under; [intros; apply spelled_14|].
  apply (convolved_curve 1 x_k y_k (fun s _ => I s) K b t (fun _ => I') K' b'); auto.
Qed.

Theorem kernels1 I0 b0 :
  is_derive (fun s => Σ p from 0 to P - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1,
      D p i j * eq14 x_k y_k I0 (K s) b0 p i j)%R t
    (Σ p from 0 to P - 1, Σ u from 0 to x_k - 1, Σ v from 0 to y_k - 1, eq41 x_c y_c D I0 p u v * K' 0%Z p u v)%R.
Proof.
  eapply derive_under; [intros; do 3 (apply sum_ext; intros); rewrite spelled_14; reflexivity|].
  eapply derive_eq; [apply (convolution 1 P x_i y_i x_k y_k x_c y_c Hx Hy Hx' Hy' (fun _ _ => I0) K (fun _ => b0) t
    (fun _ _ _ => 0%R) D K' (fun _ => 0%R)); auto; intros; apply derive_const|].
  rewrite none3, none, !Rplus_0_r. change (1 - 1) with 0. rewrite sum_one.
  do 3 (apply sum_ext; intros). spelled spelled_41.
Qed.

Theorem biases1 I0 K0 :
  is_derive (fun s => Σ p from 0 to P - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1,
      D p i j * eq14 x_k y_k I0 K0 (b s) p i j)%R t
    (Σ p from 0 to P - 1, eq42 x_c y_c D p * b' p)%R.
Proof.
  eapply derive_under; [intros; do 3 (apply sum_ext; intros); rewrite spelled_14; reflexivity|].
  eapply derive_eq; [apply (convolution 1 P x_i y_i x_k y_k x_c y_c Hx Hy Hx' Hy' (fun _ _ => I0) (fun _ => K0) b t
    (fun _ _ _ => 0%R) D (fun _ _ _ _ => 0%R) b'); auto; intros; apply derive_const|].
  rewrite none4, none3, !Rplus_0_l. apply sum_ext; intros. spelled spelled_42.
Qed.

Theorem image1 K0 b0 :
  is_derive (fun s => Σ p from 0 to P - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1,
      D p i j * eq14 x_k y_k (I s) K0 b0 p i j)%R t
    (Σ i from 0 to x_i - 1, Σ j from 0 to y_i - 1, deltaI x_k y_k x_c y_c P D K0 i j * I' i j)%R.
Proof.
  eapply derive_under; [intros; do 3 (apply sum_ext; intros); rewrite spelled_14; reflexivity|].
  eapply derive_eq; [apply (convolution 1 P x_i y_i x_k y_k x_c y_c Hx Hy Hx' Hy' (fun s _ => I s) (fun _ => K0)
    (fun _ => b0) t (fun _ => I') D (fun _ _ _ _ => 0%R) (fun _ => 0%R)); auto; intros; apply derive_const|].
  rewrite none4, none, Rplus_0_r, Rplus_0_l. change (1 - 1) with 0. rewrite sum_one.
  do 2 (apply sum_ext; intros). spelled spelled_ΔI.
Qed.

Theorem convolution1 :
  is_derive (fun s => Σ p from 0 to P - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1,
      D p i j * eq14 x_k y_k (I s) (K s) (b s) p i j)%R t
    ((Σ p from 0 to P - 1, Σ u from 0 to x_k - 1, Σ v from 0 to y_k - 1,
      eq41 x_c y_c D (I t) p u v * K' 0%Z p u v) +
     (Σ i from 0 to x_i - 1, Σ j from 0 to y_i - 1, deltaI x_k y_k x_c y_c P D (K t) i j * I' i j) +
     (Σ p from 0 to P - 1, eq42 x_c y_c D p * b' p))%R.
Proof.
  eapply derive_under; [intros; do 3 (apply sum_ext; intros); rewrite spelled_14; reflexivity|].
  eapply derive_eq; [apply (convolution 1 P x_i y_i x_k y_k x_c y_c Hx Hy Hx' Hy' (fun s _ => I s) K b t
    (fun _ => I') D K' b'); auto|].
  change (1 - 1) with 0. rewrite !sum_one. apply f_equal2; [apply f_equal2|]; repeat (apply sum_ext; intros);
    first [spelled spelled_41 | spelled spelled_42 | spelled spelled_ΔI].
Qed.
End Convolution1.

(* Pooling: the entry (i,j) of C_σ lies in the cell (⌊i/2⌋, ⌊j/2⌋), and in no other. *)
Section Pooling.
Variables (Q x_s y_s x_c y_c : Z).
Hypotheses (Hx : 0 <= x_s) (Hy : 0 <= y_s) (Hx' : x_c = 2 * x_s) (Hy' : y_c = 2 * y_s).
Variables (C : R -> Z -> Z -> Z -> R) (C' D : Z -> Z -> Z -> R) (t : R).
Hypothesis moves : forall q i j, is_derive (fun s => C s q i j) t (C' q i j).

Definition pooled (C : Z -> Z -> Z -> R) (q i j : Z) : R :=
  (Σ u from 0 to 1, Σ v from 0 to 1, / 4 * C q (2 * i + u)%Z (2 * j + v)%Z)%R.

Lemma pooling_adjoint (H : Z -> Z -> Z -> R) :
  (Σ q from 0 to Q - 1, Σ i from 0 to x_s - 1, Σ j from 0 to y_s - 1, D q i j * pooled H q i j)%R =
  (Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1, / 4 * D q (i / 2)%Z (j / 2)%Z * H q i j)%R.
Proof.
  subst x_c y_c. apply sum_ext; intros q _. symmetry. rewrite (Z.mul_comm 2 x_s), sum_times by lia.
  apply sum_ext; intros i _.
  etransitivity; [apply sum_ext; intros; rewrite (Z.mul_comm 2 y_s), sum_times by lia; reflexivity|].
  rewrite sum_exchange. apply sum_ext; intros j _. unfold pooled. symmetry. etransitivity; [pull|].
  apply sum_ext; intros u Hu. apply sum_ext; intros v Hv.
  replace ((2 * i + u) / 2) with i by (apply Z.div_unique with u; lia).
  replace ((2 * j + v) / 2) with j by (apply Z.div_unique with v; lia). ring.
Qed.

Lemma pooling :
  is_derive (fun s => Σ q from 0 to Q - 1, Σ i from 0 to x_s - 1, Σ j from 0 to y_s - 1,
      D q i j * pooled (C s) q i j)%R t
    (Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1, / 4 * D q (i / 2)%Z (j / 2)%Z * C' q i j)%R.
Proof.
  rewrite <- pooling_adjoint. do 3 (apply sum_derive; intros). apply derive_scale. unfold pooled.
  do 2 (apply sum_derive; intros). apply derive_scale, moves.
Qed.

Lemma eq20_moves q i j : ex_derive (fun s => eq20 (C s) q i j) t.
Proof.
  eexists. apply (is_derive_ext (fun s => pooled (C s) q i j)); [intros s; unfold pooled, eq20; same|].
  unfold pooled. do 2 (apply sum_derive; intros). apply derive_scale, moves.
Qed.

Lemma eq16_moves p i j : ex_derive (fun s => eq16 (C s) p i j) t.
Proof.
  eexists. apply (is_derive_ext (fun s => pooled (C s) p i j)); [intros s; unfold pooled, eq16; same|].
  unfold pooled. do 2 (apply sum_derive; intros). apply derive_scale, moves.
Qed.

(* (20) with (34). *)
Theorem pooling2 :
  is_derive (fun s => Σ q from 0 to Q - 1, Σ i from 0 to x_s - 1, Σ j from 0 to y_s - 1, D q i j * eq20 (C s) q i j)%R t
    (Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1, eq34 D q i j * C' q i j)%R.
Proof.
  eapply is_derive_ext; [|eapply derive_eq; [apply pooling|]].
  - intros s. cbv beta. do 3 (apply sum_ext; intros). apply f_equal2; [reflexivity|]. unfold pooled, eq20. same.
  - do 3 (apply sum_ext; intros). apply f_equal2; [|reflexivity]. unfold eq34. same.
Qed.

(* (16) with (39). *)
Theorem pooling1 :
  is_derive (fun s => Σ p from 0 to Q - 1, Σ i from 0 to x_s - 1, Σ j from 0 to y_s - 1, D p i j * eq16 (C s) p i j)%R t
    (Σ p from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1, eq39 D p i j * C' p i j)%R.
Proof.
  eapply is_derive_ext; [|eapply derive_eq; [apply pooling|]].
  - intros s. cbv beta. do 3 (apply sum_ext; intros). apply f_equal2; [reflexivity|]. unfold pooled, eq16. same.
  - do 3 (apply sum_ext; intros). apply f_equal2; [|reflexivity]. unfold eq39. same.
Qed.
End Pooling.

(* The vector: the place x_s y_s q + y_s i + j is that of one q, i and j. *)
Section Vector.
Variables (Q x_s y_s : Z).
Hypotheses (HQ : 0 <= Q) (Hx : 0 <= x_s) (Hy : 0 <= y_s).
Variables (S : R -> Z -> Z -> Z -> R) (S' : Z -> Z -> Z -> R) (t : R).
Hypothesis moves : forall q i j, is_derive (fun s => S s q i j) t (S' q i j).

(* (22) with (33). *)
Theorem vector (v : R -> Z -> R) (D : Z -> R) : (forall s, eq22 x_s y_s Q (S s) (v s)) ->
  is_derive (fun s => Σ m from 0 to x_s * y_s * Q - 1, D m * v s m)%R t
    (Σ q from 0 to Q - 1, Σ i from 0 to x_s - 1, Σ j from 0 to y_s - 1, eq33 x_s y_s D q i j * S' q i j)%R.
Proof.
  intros E. apply (is_derive_ext (fun s => Σ q from 0 to Q - 1, Σ i from 0 to x_s - 1, Σ j from 0 to y_s - 1,
    eq33 x_s y_s D q i j * S s q i j)%R).
  - intros s. symmetry. rewrite (Z.mul_comm _ Q), sum_times by nia. apply sum_ext; intros q Hq.
    rewrite sum_times by lia. apply sum_ext; intros i Hi. apply sum_ext; intros j Hj.
    unfold eq33. rewrite <- (E s q i j) by lia. apply f_equal2; f_equal; ring.
  - do 3 (apply sum_derive; intros). apply derive_scale, moves.
Qed.

(* Each place of the vector is one of a map. *)
Lemma eq22_moves (v : R -> Z -> R) m : (forall s, eq22 x_s y_s Q (S s) (v s)) -> 0 <= m < x_s * y_s * Q ->
  ex_derive (fun s => v s m) t.
Proof.
  intros E Hm. assert (0 < y_s) by nia. assert (0 < x_s) by nia.
  pose (q := m / (x_s * y_s)). pose (r := m mod (x_s * y_s)). pose (i := r / y_s). pose (j := r mod y_s).
  assert (0 <= r < x_s * y_s) by (apply Z.mod_pos_bound; nia).
  assert (m = x_s * y_s * q + r) by (apply Z.div_mod; nia).
  assert (0 <= j < y_s) by (apply Z.mod_pos_bound; lia).
  assert (r = y_s * i + j) by (apply Z.div_mod; lia).
  assert (0 <= i < x_s) by (unfold i; split; [apply Z.div_pos | apply Z.div_lt_upper_bound]; lia).
  assert (0 <= q < Q) by (unfold q; split; [apply Z.div_pos | apply Z.div_lt_upper_bound]; nia).
  exists (S' q i j). apply (is_derive_ext (fun s => S s q i j)); [|apply moves].
  intros s. rewrite <- (E s q i j) by lia. f_equal. lia.
Qed.

(* (21) with (32), one map. *)
Theorem vector_of_a_map (v : R -> Z -> Z -> R) (D : Z -> Z -> R) q : 0 <= q < Q ->
  (forall s, eq21 x_s y_s Q (S s) (v s)) ->
  is_derive (fun s => Σ m from 0 to x_s * y_s - 1, D q m * v s q m)%R t
    (Σ i from 0 to x_s - 1, Σ j from 0 to y_s - 1, eq32 y_s D q i j * S' q i j)%R.
Proof.
  intros Hq E. apply (is_derive_ext (fun s => Σ i from 0 to x_s - 1, Σ j from 0 to y_s - 1,
    eq32 y_s D q i j * S s q i j)%R).
  - intros s. symmetry. rewrite sum_times by lia. apply sum_ext; intros i Hi. apply sum_ext; intros j Hj.
    unfold eq32. rewrite <- (E s q i j) by lia. apply f_equal2; f_equal; ring.
  - do 2 (apply sum_derive; intros). apply derive_scale, moves.
Qed.

(* (22) is (21) for one map after the other. *)
Theorem vectors_one_after_the_other (maps : Z -> Z -> Z -> R) (v : Z -> R) (v_q : Z -> Z -> R) :
  eq21 x_s y_s Q maps v_q -> eq22 x_s y_s Q maps v ->
  forall q m, 0 <= q < Q -> 0 <= m < x_s * y_s -> v (x_s * y_s * q + m) = v_q q m.
Proof.
  intros E21 E22 q m Hq Hm. assert (0 < y_s) by nia.
  assert (0 <= m mod y_s < y_s) by (apply Z.mod_pos_bound; lia).
  assert (m = y_s * (m / y_s) + m mod y_s) by (apply Z.div_mod; lia).
  assert (0 <= m / y_s < x_s) by (split; [apply Z.div_pos | apply Z.div_lt_upper_bound]; lia).
  transitivity (maps q (m / y_s) (m mod y_s)); [rewrite <- E22 by lia | rewrite <- E21 by lia]; f_equal; lia.
Qed.
End Vector.

(* (24) with (29), (30) and (31). *)
Section Dense.
Variables (Y M : Z).

Lemma spelled_24 W b v i : eq24 M W b v i = ((Σ j from 0 to M - 1, W i j * v j) + b i)%R.
Proof. unfold eq24. same. Qed.
Lemma spelled_29 D v i j : eq29 D v i j = (D i * v j)%R.
Proof. unfold eq29. same. Qed.
Lemma spelled_30 D i : eq30 D i = D i.
Proof. unfold eq30. same. Qed.
Lemma spelled_31 D W j : eq31 Y D W j = (Σ i from 0 to Y - 1, W i j * D i)%R.
Proof. unfold eq31. same. Qed.

Variables (W : R -> Z -> Z -> R) (v b : R -> Z -> R) (W' : Z -> Z -> R) (v' b' D : Z -> R) (t : R).
Hypotheses (moves_W : forall i j, is_derive (fun s => W s i j) t (W' i j))
  (moves_v : forall j, 0 <= j <= M - 1 -> is_derive (fun s => v s j) t (v' j))
  (moves_b : forall i, is_derive (fun s => b s i) t (b' i)).

Lemma eq24_moves i : ex_derive (fun s => eq24 M (W s) (b s) (v s) i) t.
Proof.
  eexists. eapply derive_under; [intros; apply spelled_24|].
  apply derive_plus; [|apply moves_b]. apply sum_derive; intros j Hj. apply derive_mult; auto.
Qed.

Theorem weights v0 b0 :
  is_derive (fun s => Σ i from 0 to Y - 1, D i * eq24 M (W s) b0 v0 i)%R t
    (Σ i from 0 to Y - 1, Σ j from 0 to M - 1, eq29 D v0 i j * W' i j)%R.
Proof.
  eapply derive_under; [intros; apply sum_ext; intros; rewrite spelled_24, Rplus_comm; reflexivity|].
  apply sum_derive; intros i _. eapply derive_eq.
  - apply derive_scale, derive_plus; [apply (derive_const (b0 i))|]. apply sum_derive; intros j _.
    apply derive_mult; [apply moves_W | apply (derive_const (v0 j))].
  - rewrite Rplus_0_l, <- sum_scale. apply sum_ext; intros. rewrite spelled_29.  ring.
Qed.

Theorem biases W0 v0 :
  is_derive (fun s => Σ i from 0 to Y - 1, D i * eq24 M W0 (b s) v0 i)%R t
    (Σ i from 0 to Y - 1, eq30 D i * b' i)%R.
Proof.
  eapply derive_under; [intros; apply sum_ext; intros; rewrite spelled_24; reflexivity|].
  apply sum_derive; intros i _. rewrite spelled_30. apply derive_scale. eapply derive_eq.
  - apply derive_plus; [apply (derive_const (Σ j from 0 to M - 1, W0 i j * v0 j)%R) | apply moves_b].
  - apply Rplus_0_l.
Qed.

Theorem features W0 b0 :
  is_derive (fun s => Σ i from 0 to Y - 1, D i * eq24 M W0 b0 (v s) i)%R t
    (Σ j from 0 to M - 1, eq31 Y D W0 j * v' j)%R.
Proof.
  eapply derive_under; [intros; apply sum_ext; intros; rewrite spelled_24, Rplus_comm; reflexivity|].
  eapply derive_eq.
  - apply sum_derive; intros i _. apply derive_scale, derive_plus; [apply (derive_const (b0 i))|].
    apply sum_derive; intros j Hj. apply derive_scale, moves_v; lia.
  - transitivity (Σ i from 0 to Y - 1, Σ j from 0 to M - 1, D i * (W0 i j * v' j))%R.
    + apply sum_ext; intros i _. rewrite Rplus_0_l. symmetry. apply sum_scale.
    + rewrite sum_exchange. apply sum_ext; intros j _. rewrite spelled_31, <- sum_scale_r.
      apply sum_ext; intros; ring.
Qed.

Theorem dense :
  is_derive (fun s => Σ i from 0 to Y - 1, D i * eq24 M (W s) (b s) (v s) i)%R t
    ((Σ i from 0 to Y - 1, Σ j from 0 to M - 1, eq29 D (v t) i j * W' i j) +
     (Σ j from 0 to M - 1, eq31 Y D (W t) j * v' j) + (Σ i from 0 to Y - 1, eq30 D i * b' i))%R.
Proof.
  replace (Σ j from 0 to M - 1, eq31 Y D (W t) j * v' j)%R
    with (Σ i from 0 to Y - 1, Σ j from 0 to M - 1, D i * W t i j * v' j)%R.
  - rewrite <- !sum_plus. apply sum_derive; intros i _.
    eapply derive_under; [intros; rewrite spelled_24; reflexivity|].
    eapply derive_eq.
    + apply derive_scale, derive_plus; [|apply moves_b]. apply sum_derive; intros j Hj. apply derive_mult; auto.
    + rewrite sum_plus, !Rmult_plus_distr_l, <- !sum_scale, spelled_30.
      apply f_equal2; [apply f_equal2|];
        [apply sum_ext; intros; rewrite spelled_29; ring | apply sum_ext; intros; ring | ring].
  - rewrite sum_exchange. apply sum_ext; intros j _. rewrite sum_scale_r. apply f_equal2; [|reflexivity].
    rewrite spelled_31. apply sum_ext; intros; ring.
Qed.
End Dense.

(* (26) with (27). *)
Theorem loss (Y : Z) (s : R -> Z -> R) (s' y : Z -> R) t :
  (forall i, is_derive (fun x => s x i) t (s' i)) ->
  is_derive (fun x => eq26 Y y (s x)) t (Σ i from 0 to Y - 1, eq27 y (s t) i * s' i)%R.
Proof.
  intros moves. apply (is_derive_ext (fun x => Σ i from 0 to Y - 1, / 2 * (s x i - y i) ^ 2)%R).
  - intros x. unfold eq26. same.
  - apply sum_derive; intros i _. eapply derive_eq; [apply derive_scale, (derive_square (fun x => s x i)), moves|].
    unfold eq27. field.
Qed.
