(* The identities of §2 and §3, and for each equation that the paper prints twice that both say the same. *)
From Coq Require Import Reals ZArith Lia Lra Bool.
From Coquelicot Require Import Coquelicot.
From Vanilla Require Import Sums Normal Equations.
Open Scope Z_scope.

(* From the last term to the first. *)
Lemma sum_backwards n f : sum 0 (n - 1) f = sum 0 (n - 1) (fun k => f (n - 1 - k)).
Proof.
  destruct (Z.lt_ge_cases n 0) as [E|E]; [now rewrite !sum_none by lia|]. revert n E f.
  apply (natlike_ind (fun n => forall f, sum 0 (n - 1) f = sum 0 (n - 1) (fun k => f (n - 1 - k)))).
  - intros. now rewrite !sum_none by lia.
  - intros n H IH f. rewrite (sum_split (n - 1) 0) by lia. rewrite (IH f).
    replace (Z.succ n - 1) with n by lia. replace (n - 1 + 1) with n by lia. rewrite sum_one.
    rewrite (sum_split 0 0 n) by lia. rewrite sum_one, (sum_shift 1 0 (n - 1)).
    replace (n - 1 + 1) with n by lia. replace (n - 0) with n by lia. rewrite Rplus_comm.
    apply f_equal2; [reflexivity|].
    apply sum_ext; intros. f_equal. lia.
Qed.

Section Correlation.
Variables (x_i y_i x_k y_k : Z) (I K : Z -> Z -> R).

(* The printed formulas, in the spelling that the proofs need. *)
Lemma spelled_1 (image kernel : Z -> Z -> R) i j : eq01 x_k y_k image kernel i j =
  (Σ u from 0 to x_k - 1, Σ v from 0 to y_k - 1, image (i + u)%Z (j + v)%Z * kernel u v)%R.
Proof. unfold eq01. same. Qed.
Lemma spelled_2 i j : eq02 x_k y_k I K i j =
  (Σ u from 0 to x_k - 1, Σ v from 0 to y_k - 1, I (i + x_k - 1 - u)%Z (j + y_k - 1 - v)%Z * K u v)%R.
Proof. unfold eq02. same. Qed.

(* I ∗ K = I ⋆ K_rot *)
Theorem convolution_is_correlation i j :
  eq02 x_k y_k I K i j = eq02_operator x_k y_k I (section221 x_k y_k K) i j.
Proof.
  rewrite spelled_2. unfold eq02_operator. rewrite spelled_1, sum_backwards. unfold section221.
  apply sum_ext; intros u _.
  rewrite sum_backwards. apply sum_ext; intros v _. entries.
Qed.

(* I ⊛ K = I_pad ⋆ K_rot: outside of I stand zeros, and the bounds of (3) leave out what they meet. *)
Theorem padded_convolution_is_correlation i j :
  eq03 x_i y_i x_k y_k I K i j =
  eq03_operator x_k y_k (section223 x_i y_i x_k y_k I) (section221 x_k y_k K) i j.
Proof.
  transitivity (Σ u from Z.max 0 (i - x_i + 1) to Z.min (x_k - 1) i,
    Σ v from Z.max 0 (j - y_i + 1) to Z.min (y_k - 1) j, I (i - u)%Z (j - v)%Z * K u v)%R;
    [unfold eq03; same|].
  unfold eq03_operator. rewrite spelled_1. unfold section221, section223.
  rewrite (sum_backwards x_k), (sum_within 0 (x_k - 1)) by lia. apply sum_ext; intros u Hu.
  rewrite (sum_backwards y_k), (sum_within 0 (y_k - 1)) by lia.
  etransitivity; [|apply sum_ext; intros v Hv; reflexivity].
  destruct (within (Z.max 0 (i - x_i + 1)) u (Z.min (x_k - 1) i)) eqn:E; unfold when at 1; unfold within in E.
  - apply sum_ext; intros v Hv. unfold within, when.
    replace ((x_k - 1 <=? i + (x_k - 1 - u)) && (i + (x_k - 1 - u) <=? x_i + x_k - 2)) with true
      by (symmetry; apply andb_true_intro; apply andb_prop in E; rewrite !Z.leb_le in *; lia).
    rewrite andb_true_l.
    replace ((y_k - 1 <=? j + (y_k - 1 - v)) && (j + (y_k - 1 - v) <=? y_i + y_k - 2))
      with ((Z.max 0 (j - y_i + 1) <=? v) && (v <=? Z.min (y_k - 1) j))
      by (apply eq_iff_eq_true; rewrite !andb_true_iff, !Z.leb_le; lia).
    match goal with |- context [if ?inside then _ else _] => destruct inside end; [entries | now rewrite Rmult_0_l].
  - symmetry. apply sum_nothing; intros v Hv. unfold within, when.
    replace ((x_k - 1 <=? i + (x_k - 1 - u)) && (i + (x_k - 1 - u) <=? x_i + x_k - 2)) with false;
      [simpl; ring|].
    symmetry. apply not_true_iff_false. apply not_true_iff_false in E. rewrite andb_true_iff, !Z.leb_le in *. lia.
Qed.

(* [i = a] [j = b] *)
Definition unit (a b i j : Z) : R := if (i =? a) && (j =? b) then 1%R else 0%R.
Lemma unit_here a b : unit a b a b = 1%R.
Proof. unfold unit. now rewrite !Z.eqb_refl. Qed.
Lemma unit_elsewhere a b i j : i <> a \/ j <> b -> unit a b i j = 0%R.
Proof. unfold unit. destruct (Z.eqb_spec i a), (Z.eqb_spec j b); simpl; auto; lia. Qed.

(* (4): the places at which I ⋆ K needs nothing from outside of I. *)
Theorem shape_without_padding i j : 1 <= x_k -> 1 <= y_k ->
  0 <= i < fst (eq04 x_i y_i x_k y_k) /\ 0 <= j < snd (eq04 x_i y_i x_k y_k) <->
  (forall a b, ~ (0 <= a < x_i /\ 0 <= b < y_i) -> forall K, eq01 x_k y_k (unit a b) K i j = 0%R).
Proof.
  intros Hx Hy. unfold eq04; cbn [fst snd]. split.
  - intros H a b out kernel. unfold eq01. repeat (apply sum_nothing; intros). rewrite unit_elsewhere by lia. ring.
  - intros H.
    assert (reach : forall u v, 0 <= u < x_k -> 0 <= v < y_k -> 0 <= i + u < x_i /\ 0 <= j + v < y_i).
    { intros u v Hu Hv.
      destruct (Z_le_gt_dec 0 (i + u)), (Z_lt_ge_dec (i + u) x_i), (Z_le_gt_dec 0 (j + v)), (Z_lt_ge_dec (j + v) y_i);
        try lia; exfalso; apply R1_neq_R0; rewrite <- (H (i + u) (j + v) ltac:(lia) (unit u v)); symmetry; unfold eq01;
        (rewrite (sum_pick u) by (first [lia | intros;
           apply sum_nothing; intros; rewrite (unit_elsewhere u) by lia; ring]);
         rewrite (sum_pick v) by (first [lia | intros; rewrite (unit_elsewhere u) by lia; ring]);
         rewrite !unit_here; ring). }
    pose proof (reach 0 0). pose proof (reach (x_k - 1) (y_k - 1)). lia.
Qed.

(* (5): the places at which I ⊛ K can be anything but zero. *)
Theorem shape_with_padding i j : 1 <= x_k -> 1 <= y_k -> 1 <= x_i -> 1 <= y_i ->
  0 <= i < fst (eq05 x_i y_i x_k y_k) /\ 0 <= j < snd (eq05 x_i y_i x_k y_k) <->
  (exists I K, eq03 x_i y_i x_k y_k I K i j <> 0%R).
Proof.
  intros. unfold eq05; cbn [fst snd]. split.
  - intros. exists (fun _ _ => 1%R), (fun _ _ => 1%R). apply Rgt_not_eq. unfold eq03.
    repeat (apply sum_positive; [lia | intros]). lra.
  - intros (image & kernel & different).
    destruct (Z_le_gt_dec 0 i), (Z_lt_ge_dec i (x_i + x_k - 1)), (Z_le_gt_dec 0 j), (Z_lt_ge_dec j (y_i + y_k - 1));
      try lia; exfalso; apply different; unfold eq03;
      repeat first [apply sum_none; lia | apply sum_nothing; intros].
Qed.

(* With the zeros around it, I has x_i + 2 (x_k - 1) rows: (5) is (4) for I_pad. *)
Theorem shapes_agree : eq05 x_i y_i x_k y_k = eq04 (x_i + 2 * (x_k - 1)) (y_i + 2 * (y_k - 1)) x_k y_k.
Proof. unfold eq04, eq05. f_equal; lia. Qed.
End Correlation.

(* Operator form and sum. *)
Ltac both := intros; autounfold with printed; same.
#[local] Hint Unfold eq01 eq03 times outer transpose : printed.

Theorem eq13_is_eq14 x_k y_k I K1 b1 p i j : eq13 x_k y_k I K1 b1 p i j = eq14 x_k y_k I K1 b1 p i j.
Proof. unfold eq13, eq14. both. Qed.
Theorem eq17_is_eq18 x_k y_k P K2 S1 b2 q i j : eq17 x_k y_k P K2 S1 b2 q i j = eq18 x_k y_k P K2 S1 b2 q i j.
Proof. unfold eq17, eq18. both. Qed.
Theorem eq23_is_eq24 M W b v i : eq23 M W b v i = eq24 M W b v i.
Proof. unfold eq23, eq24. both. Qed.
Theorem both_forms_of_eq15 C1 p i j : eq15_operator C1 p i j = eq15 C1 p i j.
Proof. unfold eq15_operator, eq15. both. Qed.
Theorem both_forms_of_eq19 C2 q i j : eq19_operator C2 q i j = eq19 C2 q i j.
Proof. unfold eq19_operator, eq19. both. Qed.
Theorem both_forms_of_eq25 yhat i : eq25_operator yhat i = eq25 yhat i.
Proof. unfold eq25_operator, eq25. both. Qed.
Theorem both_forms_of_eq27 y s i : eq27_operator y s i = eq27 y s i.
Proof. unfold eq27_operator, eq27. both. Qed.
Theorem both_forms_of_eq28 D s i : eq28_operator D s i = eq28 D s i.
Proof. unfold eq28_operator, eq28. both. Qed.
Theorem both_forms_of_eq29 D v i j : eq29_operator D v i j = eq29 D v i j.
Proof. unfold eq29_operator, eq29. both. Qed.
Theorem both_forms_of_eq30 D i : eq30_operator D i = eq30 D i.
Proof. unfold eq30_operator, eq30. both. Qed.
Theorem both_forms_of_eq31 Y D W j : eq31_operator Y D W j = eq31 Y D W j.
Proof. unfold eq31_operator, eq31. both. Qed.
Theorem both_forms_of_eq35 D C q i j : eq35_operator D C q i j = eq35 D C q i j.
Proof. unfold eq35_operator, eq35. both. Qed.
Theorem both_forms_of_eq36 x_c y_c D S p q u v : eq36_operator x_c y_c D S p q u v = eq36 x_c y_c D S p q u v.
Proof. unfold eq36_operator, eq36. both. Qed.
Theorem both_forms_of_eq38 x_k y_k x_c y_c Q D K p i j :
  eq38_operator x_k y_k x_c y_c Q D K p i j = eq38 x_k y_k x_c y_c Q D K p i j.
Proof. unfold eq38_operator, eq38. both. Qed.
Theorem both_forms_of_eq40 D C p i j : eq40_operator D C p i j = eq40 D C p i j.
Proof. unfold eq40_operator, eq40. both. Qed.
Theorem both_forms_of_eq41 x_c y_c D I p u v : eq41_operator x_c y_c D I p u v = eq41 x_c y_c D I p u v.
Proof. unfold eq41_operator, eq41. both. Qed.
Theorem both_forms_of_deltaI x_k y_k x_c y_c P D K i j :
  deltaI_operator x_k y_k x_c y_c P D K i j = deltaI x_k y_k x_c y_c P D K i j.
Proof. unfold deltaI_operator, deltaI. both. Qed.
Theorem both_forms_of_H6 y s i : H6_operator y s i = H6 y s i.
Proof. unfold H6_operator, H6. both. Qed.
