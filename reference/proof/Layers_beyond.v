(* (L1)–(L4). The rectifier has no derivative where C is 0, and max-pooling none where two entries of a cell tie for the
   greatest; elsewhere these are their gradients. *)
From Coq Require Import Reals ZArith Lia Lra.
From Coquelicot Require Import Coquelicot.
From Vanilla Require Import Sums Normal Equations Layers.
Open Scope Z_scope.

(* What is less at t is less around t. *)
Lemma less_around (f g : R -> R) t a b : is_derive f t a -> is_derive g t b -> (f t < g t)%R ->
  locally t (fun s => (f s < g s)%R).
Proof.
  intros F G less.
  assert (C : continuous (fun s => g s - f s)%R t).
  { apply (ex_derive_continuous (K := R_AbsRing) (V := R_NormedModule)). exists (b - a)%R.
    apply (is_derive_minus g f); auto. }
  assert (P : locally t (fun s => (0 < g s - f s)%R)) by (apply (C (fun d => (0 < d)%R)), (open_gt 0); lra).
  refine (filter_imp _ _ _ P). intros s H. lra.
Qed.

(* (L1) with (L2), off the kink. *)
Theorem rectifier (Q x_c y_c : Z) (C : R -> Z -> Z -> Z -> R) (C' D : Z -> Z -> Z -> R) t :
  (forall q i j, is_derive (fun s => C s q i j) t (C' q i j)) ->
  (forall q i j, 0 <= q < Q -> 0 <= i < x_c -> 0 <= j < y_c -> C t q i j <> 0%R) ->
  is_derive (fun s => Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1, D q i j * L1 (C s) q i j)%R t
    (Σ q from 0 to Q - 1, Σ i from 0 to x_c - 1, Σ j from 0 to y_c - 1, L2 D (C t) q i j * C' q i j)%R.
Proof.
  intros moves off.
  apply sum_derive; intros q Hq. apply sum_derive; intros i Hi. apply sum_derive; intros j Hj.
  specialize (off q i j ltac:(lia) ltac:(lia) ltac:(lia)).
  assert (zero : is_derive (fun _ : R => 0%R) t 0%R) by apply (is_derive_const 0%R).
  unfold L2, indicator. destruct (Rlt_dec 0 (C t q i j)) as [positive | not].
  - apply (is_derive_ext_loc (fun s => D q i j * C s q i j)%R).
    + refine (filter_imp _ _ _ (less_around _ _ _ _ _ zero (moves q i j) positive)). intros s H. unfold L1.
      rewrite ?(Rmax_left (C s q i j)), ?(Rmax_right 0) by lra. reflexivity.
    + eapply derive_eq; [apply derive_scale, moves|]. ring.
  - apply (is_derive_ext_loc (fun s => D q i j * 0)%R).
    + assert (negative : (C t q i j < 0)%R) by lra.
      refine (filter_imp _ _ _ (less_around _ _ _ _ _ (moves q i j) zero negative)). intros s H. unfold L1.
      rewrite ?(Rmax_right (C s q i j)), ?(Rmax_left 0) by lra. reflexivity.
    + eapply derive_eq; [apply derive_scale, zero|]. ring.
Qed.

(* One cell, f(u,v) with u and v of 0 and 1. The entry (u,v) is its greatest, and the only one. *)
Definition greatest (f : Z -> Z -> R) (u v : Z) : Prop :=
  forall u' v', 0 <= u' < 2 -> 0 <= v' < 2 -> u' <> u \/ v' <> v -> (f u' v' < f u v)%R.

Lemma greatest_derive (f : R -> Z -> Z -> R) (f' : Z -> Z -> R) t u v :
  (forall u v, is_derive (fun s => f s u v) t (f' u v)) -> 0 <= u < 2 -> 0 <= v < 2 -> greatest (f t) u v ->
  locally t (fun s => greatest (f s) u v).
Proof.
  intros moves Hu Hv G.
  assert (one : forall a b, 0 <= a < 2 -> 0 <= b < 2 -> locally t (fun s => a <> u \/ b <> v -> (f s a b < f s u v)%R)).
  { intros a b Ha Hb. destruct (Z.eq_dec a u), (Z.eq_dec b v);
      try (apply filter_forall; intros; lia);
      refine (filter_imp _ _ _ (less_around _ _ _ _ _ (moves a b) (moves u v) (G a b Ha Hb ltac:(lia)))); auto. }
  refine (filter_imp _ _ _ (filter_and _ _ (one 0 0 ltac:(lia) ltac:(lia))
    (filter_and _ _ (one 0 1 ltac:(lia) ltac:(lia))
    (filter_and _ _ (one 1 0 ltac:(lia) ltac:(lia)) (one 1 1 ltac:(lia) ltac:(lia)))))).
  intros s (H00 & H01 & H10 & H11) a b Ha Hb different.
  assert (a = 0 \/ a = 1) as [-> | ->] by lia; assert (b = 0 \/ b = 1) as [-> | ->] by lia; auto.
Qed.

(* The max of a cell is its greatest entry, and the argmax of its four in rows is where that stands. *)
Ltac corners G u v :=
  pose proof (G 0 0); pose proof (G 0 1); pose proof (G 1 0); pose proof (G 1 1);
  assert (u = 0 \/ u = 1) as [-> | ->] by lia; assert (v = 0 \/ v = 1) as [-> | ->] by lia;
  repeat match goal with H : _ -> _ -> _ \/ _ -> _ |- _ =>
    first [specialize (H ltac:(lia) ltac:(lia) ltac:(lia)) | clear H] end.

Lemma max_of_greatest (f : Z -> Z -> R) u v : 0 <= u < 2 -> 0 <= v < 2 -> greatest f u v ->
  max_over 2 (fun a => max_over 2 (fun b => f a b)) = f u v.
Proof.
  intros Hu Hv G. change (Rmax (Rmax (f 0 0) (f 0 1)) (Rmax (f 1 0) (f 1 1)) = f u v).
  corners G u v; apply Rle_antisym; repeat apply Rmax_lub; try lra;
    first [solve [eapply Rle_trans; [|apply Rmax_l]; first [apply Rmax_l | apply Rmax_r]]
      | solve [eapply Rle_trans; [|apply Rmax_r]; first [apply Rmax_l | apply Rmax_r]]].
Qed.

Lemma argmax_of_greatest (f : Z -> Z -> R) (g : Z -> R) u v : 0 <= u < 2 -> 0 <= v < 2 -> greatest f u v ->
  (forall a b, 0 <= a < 2 -> 0 <= b < 2 -> g (2 * a + b) = f a b) -> argmax 4 g = 2 * u + v.
Proof.
  intros Hu Hv G E.
  pose proof (E 0 0 ltac:(lia) ltac:(lia)) as E0. pose proof (E 0 1 ltac:(lia) ltac:(lia)) as E1.
  pose proof (E 1 0 ltac:(lia) ltac:(lia)) as E2. pose proof (E 1 1 ltac:(lia) ltac:(lia)) as E3.
  change (g 0 = f 0 0) in E0. change (g 1 = f 0 1) in E1. change (g 2 = f 1 0) in E2. change (g 3 = f 1 1) in E3.
  change (argmax 4 g) with
    (let one := if Rlt_dec (g 0) (g 1) then 1 else 0 in let two := if Rlt_dec (g one) (g 2) then 2 else one in
     if Rlt_dec (g two) (g 3) then 3 else two).
  cbv zeta. corners G u v;
    repeat match goal with |- context [Rlt_dec (g ?a) (g ?b)] =>
      lazymatch a with context [Rlt_dec] => fail | _ => destruct (Rlt_dec (g a) (g b)) end end;
    first [reflexivity | lra].
Qed.

(* (L3) with (L4), off the ties: ΔC is any array of which (L4) holds. *)
Theorem max_pooling (Q x_s y_s : Z) (C : R -> Z -> Z -> Z -> R) (C' D ΔC : Z -> Z -> Z -> R) t :
  0 <= x_s -> 0 <= y_s -> (forall q i j, is_derive (fun s => C s q i j) t (C' q i j)) ->
  (forall q i j, 0 <= q < Q -> 0 <= i < x_s -> 0 <= j < y_s ->
    exists u v, 0 <= u < 2 /\ 0 <= v < 2 /\ greatest (fun a b => C t q (2 * i + a)%Z (2 * j + b)%Z) u v) ->
  L4 x_s y_s Q ΔC D (C t) ->
  is_derive (fun s => Σ q from 0 to Q - 1, Σ i from 0 to x_s - 1, Σ j from 0 to y_s - 1, D q i j * L3 (C s) q i j)%R t
    (Σ q from 0 to Q - 1, Σ i from 0 to 2 * x_s - 1, Σ j from 0 to 2 * y_s - 1, ΔC q i j * C' q i j)%R.
Proof.
  intros Hx Hy moves off gradient.
  (* The entries of ΔC cell by cell. *)
  assert (cells : (Σ q from 0 to Q - 1, Σ i from 0 to 2 * x_s - 1, Σ j from 0 to 2 * y_s - 1, ΔC q i j * C' q i j)%R =
    (Σ q from 0 to Q - 1, Σ i from 0 to x_s - 1, Σ j from 0 to y_s - 1, Σ u from 0 to 2 - 1, Σ v from 0 to 2 - 1,
     ΔC q (2 * i + u)%Z (2 * j + v)%Z * C' q (2 * i + u)%Z (2 * j + v)%Z)%R).
  { apply sum_ext; intros q _. rewrite (Z.mul_comm 2 x_s), sum_times by lia. apply sum_ext; intros i _.
    etransitivity; [apply sum_ext; intros; rewrite (Z.mul_comm 2 y_s), sum_times by lia; reflexivity|].
    apply sum_exchange. }
  rewrite cells.
  apply sum_derive; intros q Hq. apply sum_derive; intros i Hi. apply sum_derive; intros j Hj.
  destruct (off q i j ltac:(lia) ltac:(lia) ltac:(lia)) as (u & v & Hu & Hv & G).
  pose (cell := fun s a b => C s q (2 * i + a)%Z (2 * j + b)%Z).
  assert (max : forall s, greatest (cell s) u v -> L3 (C s) q i j = cell s u v).
  { intros s Gs. rewrite <- (max_of_greatest (cell s) u v Hu Hv Gs). reflexivity. }
  apply (is_derive_ext_loc (fun s => D q i j * cell s u v)%R).
  - refine (filter_imp _ _ _ (greatest_derive cell (fun a b => C' q (2 * i + a)%Z (2 * j + b)%Z) t u v _ Hu Hv G)).
    + intros s Gs. now rewrite max.
    + intros. apply moves.
  - eapply derive_eq; [apply derive_scale, moves|]. symmetry.
    assert (entry : forall a b, 0 <= a < 2 -> 0 <= b < 2 ->
      ΔC q (2 * i + a)%Z (2 * j + b)%Z = (D q i j * if Z.eq_dec (2 * a + b) (2 * u + v) then 1 else 0)%R).
    { intros a b Ha Hb. rewrite (gradient q i j a b) by lia. unfold indicator.
      erewrite (argmax_of_greatest (cell t) _ u v Hu Hv G); [reflexivity|].
      intros c d Hc Hd. unfold cell.
      replace ((2 * c + d) / 2) with c by (apply Z.div_unique with d; lia). f_equal. lia. }
    rewrite (sum_pick u) by (first [lia | intros a Ha other; apply sum_nothing; intros b Hb;
      rewrite entry by lia; destruct Z.eq_dec; [lia | ring]]).
    rewrite (sum_pick v) by (first [lia | intros b Hb other;
      rewrite entry by lia; destruct Z.eq_dec; [lia | ring]]).
    rewrite entry by lia. destruct Z.eq_dec; [ring | lia].
Qed.
