(* Two ways to write one sum: the tactic `same` proves them equal, whatever the order of factors, terms and sums. *)
From Coq Require Import Reals ZArith Lia Lra.
From Coquelicot Require Import Coquelicot.
From Vanilla Require Import Sums.
Open Scope Z_scope.

(* Equal places get one spelling: S p (u+i) (v+j) is S p (i+u) (j+v). *)
Ltac align := repeat match goal with
  | |- context [?f ?x] => lazymatch type of x with Z =>
      lazymatch type of (f x) with Z => fail | _ =>
        match goal with |- context [f ?y] => tryif constr_eq x y then fail else (replace y with x by lia) end
      end end
  end.
Ltac entries := solve [align; ring | align; field; auto].

(* Each factor moves into the sums beside it. *)
Lemma into_l a b c f g : sum a b (fun k => c * f k)%R = g -> (c * sum a b f)%R = g.
Proof. now rewrite sum_scale. Qed.
Lemma into_r a b c f g : sum a b (fun k => f k * c)%R = g -> (sum a b f * c)%R = g.
Proof. now rewrite sum_scale_r. Qed.
Lemma into_both (x x' y y' z : R) : x = x' -> y = y' -> (x' * y')%R = z -> (x * y)%R = z.
Proof. now intros -> ->. Qed.
Ltac spread := lazymatch goal with
  | |- (sum _ _ _ * _)%R = _ => apply into_r; apply sum_ext; intros; cbv beta; spread
  | |- (_ * sum _ _ _)%R = _ => apply into_l; apply sum_ext; intros; cbv beta; spread
  | |- _ => reflexivity end.
Ltac pull := lazymatch goal with
  | |- sum _ _ _ = _ => apply sum_ext; intros; cbv beta; pull
  | |- (_ * _)%R = _ => eapply into_both; [pull | pull | spread]
  | |- _ => reflexivity end.
Ltac pulled := etransitivity; [pull|]; symmetry; etransitivity; [pull|]; symmetry.

(* Sums side by side, or after any of the inner ones has come first. *)
Ltac step next := apply sum_eq; [lia | lia | intros; cbv beta; next].
Ltac matched := first
  [ reflexivity
  | entries
  | step matched
  | rewrite sum_exchange; step matched
  | rewrite sum_third; step matched
  | rewrite sum_fourth; step matched ].
Ltac same := intros; cbv beta; first
  [ reflexivity
  | entries
  | solve [pulled; matched]
  | match goal with |- (_ + _)%R = (_ + _)%R =>
      solve [apply f_equal2; same | rewrite Rplus_comm; apply f_equal2; same] end
  | match goal with |- (_ - _)%R = (_ - _)%R => solve [apply f_equal2; same] end
  | solve [step same] ].
