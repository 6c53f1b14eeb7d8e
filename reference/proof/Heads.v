(* (H1)–(H8) along a curve of the scores ŷ, or of ŷ_σ. The sums are over at least one class. *)
From Coq Require Import Reals ZArith Lia Lra.
From Coquelicot Require Import Coquelicot.
From Vanilla Require Import Sums Normal Equations Layers.
Open Scope Z_scope.

Lemma derive_exp (f : R -> R) t d : is_derive f t d -> is_derive (fun r => exp (f r)) t (exp (f t) * d)%R.
Proof. intros H. rewrite Rmult_comm. apply (is_derive_comp exp f t _ _ (is_derive_exp (f t)) H). Qed.

Lemma derive_ln (f : R -> R) t d : (0 < f t)%R -> is_derive f t d -> is_derive (fun r => ln (f r)) t (d / f t)%R.
Proof. intros P H. apply (is_derive_comp ln f t _ _ (is_derive_ln (f t) P) H). Qed.

Lemma derive_minus (f g : R -> R) t a b :
  is_derive f t a -> is_derive g t b -> is_derive (fun r => f r - g r)%R t (a - b)%R.
Proof. intros. apply (is_derive_minus f g); auto. Qed.

Lemma derive_shift (f : R -> R) t c d : is_derive f t d -> is_derive (fun r => c + f r)%R t d.
Proof.
  intros H. eapply derive_eq; [apply derive_plus; [apply (is_derive_const c) | exact H]|]. apply Rplus_0_l.
Qed.

(* The second sum inside of the first. *)
Lemma sum_product a b f c d g : (sum a b f * sum c d g)%R = sum a b (fun i => f i * sum c d g)%R.
Proof. symmetry. apply sum_scale_r. Qed.

Section Scores.
Variables (Y : Z) (classes : 1 <= Y).

Lemma exponentials_positive (z : Z -> R) : (0 < Σ k from 0 to Y - 1, exp (z k))%R.
Proof. apply sum_positive; [lia|]. intros. apply exp_pos. Qed.

Lemma exponentials_shifted (z : Z -> R) m :
  (Σ k from 0 to Y - 1, exp (z k - m))%R = (exp (- m) * Σ k from 0 to Y - 1, exp (z k))%R.
Proof. rewrite <- sum_scale. apply sum_ext; intros. rewrite <- exp_plus. f_equal. ring. Qed.

Lemma log_sum_exp (z : Z -> R) m :
  ln (Σ k from 0 to Y - 1, exp (z k - m))%R = (ln (Σ k from 0 to Y - 1, exp (z k)) - m)%R.
Proof.
  rewrite exponentials_shifted, ln_mult; [rewrite ln_exp; ring | apply exp_pos | apply exponentials_positive].
Qed.

(* (H1): the number m in the exponents changes nothing. *)
Theorem both_forms_of_H1 yhat m i : H1_other Y yhat m i = H1 Y yhat i.
Proof.
  transitivity (exp (yhat i - m) / Σ k from 0 to Y - 1, exp (yhat k - m))%R; [reflexivity|].
  transitivity (exp (yhat i) / Σ k from 0 to Y - 1, exp (yhat k))%R; [|reflexivity].
  rewrite exponentials_shifted. replace (yhat i - m)%R with (- m + yhat i)%R by ring. rewrite exp_plus.
  field. pose proof (exponentials_positive yhat). pose proof (exp_pos (- m)). split; lra.
Qed.

(* (H2): it is the cross-entropy of (H1), whatever m. *)
Lemma H2_without_m y yhat m :
  H2 Y y yhat m = (Σ i from 0 to Y - 1, y i * (ln (Σ k from 0 to Y - 1, exp (yhat k)) - yhat i))%R.
Proof.
  transitivity (Σ i from 0 to Y - 1, y i * (ln (Σ k from 0 to Y - 1, exp (yhat k - m)) - (yhat i - m)))%R;
    [unfold H2; same|].
  apply sum_ext; intros i _. rewrite log_sum_exp. ring.
Qed.

Theorem H2_is_the_cross_entropy y yhat m : H2 Y y yhat m = (- Σ i from 0 to Y - 1, y i * ln (H1 Y yhat i))%R.
Proof.
  rewrite H2_without_m, <- sum_opp. apply sum_ext; intros i _. unfold H1.
  unfold Rdiv. rewrite ln_mult, ln_Rinv, ln_exp;
    [ring | apply exponentials_positive | apply exp_pos | apply Rinv_0_lt_compat, exponentials_positive].
Qed.

Variables (z : R -> Z -> R) (z' : Z -> R) (t : R).
Hypothesis moves : forall i, is_derive (fun r => z r i) t (z' i).

Let total r := (Σ k from 0 to Y - 1, exp (z r k))%R.
Lemma total_moves : is_derive total t (Σ k from 0 to Y - 1, exp (z t k) * z' k)%R.
Proof. apply sum_derive; intros. apply (derive_exp (fun r => z r k)), moves. Qed.

(* (H1) with (H4), for any gradient D of the softmax. *)
Theorem softmax D :
  is_derive (fun r => Σ i from 0 to Y - 1, D i * H1 Y (z r) i)%R t
    (Σ i from 0 to Y - 1, H4 Y D (H1 Y (z t)) i * z' i)%R.
Proof.
  pose proof (exponentials_positive (z t)) as positive. fold (total t) in positive.
  assert (fraction : forall r i, H1 Y (z r) i = (exp (z r i) / total r)%R) by (intros; unfold H1, total; same).
  apply (is_derive_ext (fun r => Σ i from 0 to Y - 1, D i * (exp (z r i) / total r))%R).
  { intros r. apply sum_ext; intros. now rewrite fraction. }
  eapply derive_eq.
  - apply sum_derive; intros i _. apply derive_scale.
    apply (is_derive_div (fun r => exp (z r i)) total);
      [apply (derive_exp (fun r => z r i)), moves | apply total_moves | lra].
  - (* s(i) (z'(i) - Σ s(k) z'(k)) on the one side, s(i) (D(i) - Σ s(k) D(k)) z'(i) on the other *)
    pose (s := fun i => (exp (z t i) / total t)%R).
    transitivity ((Σ i from 0 to Y - 1, s i * D i * z' i) -
      (Σ i from 0 to Y - 1, s i * D i) * (Σ k from 0 to Y - 1, s k * z' k))%R.
    + unfold Rminus. rewrite sum_product, <- sum_opp, <- sum_plus. apply sum_ext; intros i _.
      transitivity (D i * s i * z' i - D i * s i * (Σ k from 0 to Y - 1, exp (z t k) * z' k) / total t)%R;
        [unfold s; field; lra|].
      unfold Rdiv at 1. rewrite (Rmult_assoc (D i * s i)), <- sum_scale_r.
      rewrite (sum_ext _ _ (fun k => exp (z t k) * z' k * / total t)%R (fun k => s k * z' k)%R); [ring|].
      intros. unfold s, Rdiv. ring.
    + rewrite (Rmult_comm (sum _ _ _) (sum _ _ _)). unfold Rminus. rewrite sum_product, <- sum_opp, <- sum_plus.
      apply sum_ext; intros i _.
      transitivity (s i * (D i - Σ k from 0 to Y - 1, s k * D k) * z' i)%R; [ring|].
      apply f_equal2; [|reflexivity].
      transitivity (s i * D i - Σ k from 0 to Y - 1, s i * (s k * D k))%R; [rewrite sum_scale; ring|].
      symmetry. transitivity (H4 Y D s i).
      * unfold H4. rewrite fraction. fold (s i). first [apply f_equal2 | idtac];
          repeat first [reflexivity | apply f_equal2 | apply sum_ext; intros; rewrite fraction].
      * rewrite sum_scale. transitivity (s i * (D i - Σ k from 0 to Y - 1, s k * D k))%R; [unfold H4; same | ring].
Qed.

(* (H2) with (H3); m may move along. *)
Theorem softmax_cross_entropy y (m : R -> R) :
  is_derive (fun r => H2 Y y (z r) (m r)) t (Σ i from 0 to Y - 1, H3 Y (H1 Y (z t)) y i * z' i)%R.
Proof.
  pose proof (exponentials_positive (z t)) as positive. fold (total t) in positive.
  apply (is_derive_ext (fun r => Σ i from 0 to Y - 1, y i * (ln (total r) - z r i))%R).
  { intros r. now rewrite H2_without_m. }
  eapply derive_eq.
  - apply sum_derive; intros i _. apply derive_scale, derive_minus; [|apply moves].
    apply (derive_ln total); [exact positive | apply total_moves].
  - assert (fraction : forall i, H1 Y (z t) i = (exp (z t i) / total t)%R) by (intros; unfold H1, total; same).
    transitivity ((Σ i from 0 to Y - 1, y i) * ((Σ k from 0 to Y - 1, exp (z t k) * z' k) / total t) -
      Σ i from 0 to Y - 1, y i * z' i)%R.
    + rewrite <- sum_scale_r. unfold Rminus at 2. rewrite <- sum_opp, <- sum_plus. apply sum_ext; intros. ring.
    + set (every := Σ i from 0 to Y - 1, y i).
      transitivity ((Σ k from 0 to Y - 1, exp (z t k) * z' k) * (every / total t) - Σ i from 0 to Y - 1, y i * z' i)%R;
        [field; lra|].
      rewrite <- sum_scale_r. unfold Rminus. rewrite <- sum_opp, <- sum_plus. apply sum_ext; intros i _.
      transitivity ((exp (z t i) / total t * every - y i) * z' i)%R; [field; lra|].
      rewrite <- fraction. apply f_equal2; [|reflexivity]. unfold every. unfold H3. same.
Qed.

(* (H5): no exponential in it overflows in its second form. *)
Theorem both_forms_of_H5 y yhat : H5_other Y y yhat = H5 Y y yhat.
Proof.
  transitivity (Σ i from 0 to Y - 1, (Rmax (yhat i) 0 - yhat i * y i + ln (1 + exp (- Rabs (yhat i)))))%R;
    [unfold H5_other; same|].
  transitivity (Σ i from 0 to Y - 1, (ln (1 + exp (yhat i)) - yhat i * y i))%R; [|unfold H5; same].
  apply sum_ext; intros i _. pose proof (exp_pos (yhat i)). pose proof (exp_pos (- yhat i)).
  destruct (Rle_dec 0 (yhat i)).
  - rewrite Rmax_left, Rabs_right by lra. replace (1 + exp (yhat i))%R with (exp (yhat i) * (1 + exp (- yhat i)))%R.
    + rewrite ln_mult, ln_exp by lra. ring.
    + rewrite Rmult_plus_distr_l, <- exp_plus. replace (yhat i + - yhat i)%R with 0%R by ring. rewrite exp_0. ring.
  - rewrite Rmax_right, Rabs_left, Ropp_involutive by lra. ring.
Qed.

(* It is the usual binary cross-entropy of (25). *)
Theorem H5_is_the_binary_cross_entropy y yhat : H5 Y y yhat =
  (- Σ i from 0 to Y - 1, (y i * ln (eq25 yhat i) + (1 - y i) * ln (1 - eq25 yhat i)))%R.
Proof.
  rewrite <- sum_opp.
  transitivity (Σ i from 0 to Y - 1, (ln (1 + exp (yhat i)) - yhat i * y i))%R; [unfold H5; same|].
  apply sum_ext; intros i _. unfold eq25. rewrite both_forms_of_σ. unfold σ_other.
  pose proof (exp_pos (yhat i)).
  replace (1 - exp (yhat i) / (1 + exp (yhat i)))%R with (/ (1 + exp (yhat i)))%R by (field; lra).
  unfold Rdiv. rewrite ln_mult, ln_Rinv, ln_exp by (first [apply Rinv_0_lt_compat; lra | lra]). ring.
Qed.

(* (H5) with (H6). *)
Theorem binary_cross_entropy y :
  is_derive (fun r => H5 Y y (z r)) t (Σ i from 0 to Y - 1, H6 y (eq25 (z t)) i * z' i)%R.
Proof.
  apply (is_derive_ext (fun r => Σ i from 0 to Y - 1, (ln (1 + exp (z r i)) - y i * z r i))%R).
  { intros r. unfold H5. same. }
  apply sum_derive; intros i _. pose proof (exp_pos (z t i)). eapply derive_eq.
  - apply derive_minus; [|apply derive_scale, moves]. apply (derive_ln (fun r => 1 + exp (z r i))%R); [lra|].
    apply derive_shift, (derive_exp (fun r => z r i)), moves.
  - transitivity ((exp (z t i) / (1 + exp (z t i)) - y i) * z' i)%R.
    + field. lra.
    + apply f_equal2; [|reflexivity].
      replace (exp (z t i) / (1 + exp (z t i)))%R with (eq25 (z t) i) by (unfold eq25; now rewrite both_forms_of_σ).
      unfold H6. same.
Qed.
End Scores.

(* (H7) with (H8): the curve is one of the scores ŷ_σ, which are positive. *)
Theorem normalized_cross_entropy Y (s : R -> Z -> R) (s' y : Z -> R) t : 1 <= Y ->
  (forall i, is_derive (fun r => s r i) t (s' i)) -> (forall i, 0 <= i < Y -> (0 < s t i)%R) ->
  is_derive (fun r => H7 Y y (s r)) t (Σ i from 0 to Y - 1, H8 Y y (s t) i * s' i)%R.
Proof.
  intros classes moves scores. pose (total := fun r => (Σ k from 0 to Y - 1, s r k)%R).
  assert (positive : (0 < total t)%R) by (apply sum_positive; [lia|]; intros; apply scores; lia).
  apply (is_derive_ext (fun r => Σ i from 0 to Y - 1, - y i * ln (s r i / total r))%R).
  { intros r. transitivity (- Σ i from 0 to Y - 1, y i * ln (s r i / total r))%R; [|unfold H7; same].
    rewrite <- sum_opp. apply sum_ext; intros. ring. }
  eapply derive_eq.
  - apply sum_derive; intros i Hi. apply derive_scale.
    apply (derive_ln (fun r => s r i / total r)%R).
    + apply Rdiv_lt_0_compat; [apply scores; lia | exact positive].
    + apply (is_derive_div (fun r => s r i) total); [apply moves | apply sum_derive; intros; apply moves | lra].
  - transitivity ((Σ i from 0 to Y - 1, y i) * (/ total t * Σ k from 0 to Y - 1, s' k) -
      Σ i from 0 to Y - 1, y i / s t i * s' i)%R.
    + rewrite <- sum_scale_r. unfold Rminus at 2. rewrite <- sum_opp, <- sum_plus. apply sum_ext; intros i Hi.
      pose proof (scores i ltac:(lia)). field. split; lra.
    + rewrite <- !sum_scale. unfold Rminus. rewrite <- sum_opp, <- sum_plus. apply sum_ext; intros i _.
      transitivity (((Σ k from 0 to Y - 1, y k) / total t - y i / s t i) * s' i)%R; [unfold Rdiv; ring|].
      apply f_equal2; [|reflexivity]. unfold H8, total. same.
Qed.
