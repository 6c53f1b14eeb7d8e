(* Each Δ of §4.4, literally: the partial derivative of the loss by one entry of its variable, all else standing still. *)
From Coq Require Import Reals ZArith Lia Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Vanilla Require Import Sums Normal Equations Layers Network.
Open Scope Z_scope.

(* [i = k] *)
Definition δ (k i : Z) : R := if i =? k then 1%R else 0%R.

(* The array with X in place of one entry: A + [here] (X - A). *)
Definition set1 (A : Z -> R) k X i : R := (A i + δ k i * (X - A k))%R.
Definition set2 (A : Z -> Z -> R) k l X i j : R := (A i j + δ k i * δ l j * (X - A k l))%R.
Definition set3 (A : Z -> Z -> Z -> R) k l m X h i j : R := (A h i j + δ k h * δ l i * δ m j * (X - A k l m))%R.
Definition set4 (A : Z -> Z -> Z -> Z -> R) k l m o X g h i j : R :=
  (A g h i j + δ k g * δ l h * δ m i * δ o j * (X - A k l m o))%R.

Lemma at_home1 A k : set1 A k (A k) = A.
Proof. unfold set1. apply functional_extensionality; intros. ring. Qed.
Lemma at_home2 A k l : set2 A k l (A k l) = A.
Proof. unfold set2. do 2 (apply functional_extensionality; intros). ring. Qed.
Lemma at_home3 A k l m : set3 A k l m (A k l m) = A.
Proof. unfold set3. do 3 (apply functional_extensionality; intros). ring. Qed.
Lemma at_home4 A k l m o : set4 A k l m o (A k l m o) = A.
Proof. unfold set4. do 4 (apply functional_extensionality; intros). ring. Qed.

Lemma derive_line a c d (t : R) : is_derive (fun X => a + c * (X - d))%R t c.
Proof. auto_derive; [auto | ring]. Qed.

(* A sum of products with an array that is 1 at one place and 0 elsewhere is an entry; with zeros it is zero. *)
Lemma δ_here k : δ k k = 1%R.
Proof. unfold δ. now rewrite Z.eqb_refl. Qed.
Lemma δ_elsewhere k i : i <> k -> δ k i = 0%R.
Proof. unfold δ. now intros ->%Z.eqb_neq. Qed.
Lemma pick k n f : 0 <= k < n -> (Σ i from 0 to n - 1, f i * δ k i)%R = f k.
Proof.
  intros. rewrite (sum_pick k) by (first [lia | intros; rewrite δ_elsewhere by auto; ring]). rewrite δ_here. ring.
Qed.
Lemma pick1 k n D : 0 <= k < n -> (Σ i from 0 to n - 1, D i * δ k i)%R = D k.
Proof. apply pick. Qed.
Lemma pick2 k l m n D : 0 <= k < m -> 0 <= l < n ->
  (Σ i from 0 to m - 1, Σ j from 0 to n - 1, D i j * (δ k i * δ l j))%R = D k l.
Proof.
  intros. rewrite <- (pick k m (fun i => D i l)) by auto. apply sum_ext; intros i _.
  rewrite <- (pick l n (fun j => D i j)) by auto. rewrite <- sum_scale_r. apply sum_ext; intros; ring.
Qed.
Lemma pick3 k l m a b c D : 0 <= k < a -> 0 <= l < b -> 0 <= m < c ->
  (Σ h from 0 to a - 1, Σ i from 0 to b - 1, Σ j from 0 to c - 1, D h i j * (δ k h * δ l i * δ m j))%R = D k l m.
Proof.
  intros. rewrite <- (pick k a (fun h => D h l m)) by auto. apply sum_ext; intros h _.
  rewrite <- (pick2 l m b c (D h)) by auto. rewrite <- sum_scale_r. apply sum_ext; intros.
  rewrite <- sum_scale_r. apply sum_ext; intros; ring.
Qed.
Lemma pick4 k l m o a b c d D : 0 <= k < a -> 0 <= l < b -> 0 <= m < c -> 0 <= o < d ->
  (Σ g from 0 to a - 1, Σ h from 0 to b - 1, Σ i from 0 to c - 1, Σ j from 0 to d - 1,
   D g h i j * (δ k g * δ l h * δ m i * δ o j))%R = D k l m o.
Proof.
  intros. rewrite <- (pick k a (fun g => D g l m o)) by auto. apply sum_ext; intros g _.
  rewrite <- (pick3 l m o b c d (D g)) by auto. rewrite <- sum_scale_r. apply sum_ext; intros.
  rewrite <- sum_scale_r. apply sum_ext; intros. rewrite <- sum_scale_r. apply sum_ext; intros; ring.
Qed.
Lemma none n D : (Σ i from 0 to n, D i * 0)%R = 0%R.
Proof. apply sum_nothing; intros; ring. Qed.
Lemma none2 m n D : (Σ i from 0 to m, Σ j from 0 to n, D i j * 0)%R = 0%R.
Proof. apply sum_nothing; intros; apply none. Qed.
Lemma none3 l m n D : (Σ h from 0 to l, Σ i from 0 to m, Σ j from 0 to n, D h i j * 0)%R = 0%R.
Proof. apply sum_nothing; intros; apply none2. Qed.
Lemma none4 k l m n D :
  (Σ g from 0 to k, Σ h from 0 to l, Σ i from 0 to m, Σ j from 0 to n, D g h i j * 0)%R = 0%R.
Proof. apply sum_nothing; intros; apply none3. Qed.

Section Partial.
Variables (n : sizes) (flatten : (Z -> Z -> Z -> R) -> Z -> R) (y : Z -> R).
Hypotheses (fits : fitting n) (laid_out : flattens n flatten).
Variable x : operands.

(* Nothing moves. *)
Definition still : operands := {|
  I := fun _ _ => 0%R; K1 := fun _ _ _ _ => 0%R; b1 := fun _ => 0%R; K2 := fun _ _ _ _ => 0%R; b2 := fun _ => 0%R;
  W := fun _ _ => 0%R; b := fun _ => 0%R |}.

(* The operands with another array in one place; and a direction in which only one array moves. *)
Definition with_I A := {| I := A; K1 := K1 x; b1 := b1 x; K2 := K2 x; b2 := b2 x; W := W x; b := b x |}.
Definition with_K1 A := {| I := I x; K1 := A; b1 := b1 x; K2 := K2 x; b2 := b2 x; W := W x; b := b x |}.
Definition with_b1 A := {| I := I x; K1 := K1 x; b1 := A; K2 := K2 x; b2 := b2 x; W := W x; b := b x |}.
Definition with_K2 A := {| I := I x; K1 := K1 x; b1 := b1 x; K2 := A; b2 := b2 x; W := W x; b := b x |}.
Definition with_b2 A := {| I := I x; K1 := K1 x; b1 := b1 x; K2 := K2 x; b2 := A; W := W x; b := b x |}.
Definition with_W A := {| I := I x; K1 := K1 x; b1 := b1 x; K2 := K2 x; b2 := b2 x; W := A; b := b x |}.
Definition with_b A := {| I := I x; K1 := K1 x; b1 := b1 x; K2 := K2 x; b2 := b2 x; W := W x; b := A |}.
Definition only_I A := {| I := A; K1 := K1 still; b1 := b1 still; K2 := K2 still; b2 := b2 still; W := W still; b := b still |}.
Definition only_K1 A := {| I := I still; K1 := A; b1 := b1 still; K2 := K2 still; b2 := b2 still; W := W still; b := b still |}.
Definition only_b1 A := {| I := I still; K1 := K1 still; b1 := A; K2 := K2 still; b2 := b2 still; W := W still; b := b still |}.
Definition only_K2 A := {| I := I still; K1 := K1 still; b1 := b1 still; K2 := A; b2 := b2 still; W := W still; b := b still |}.
Definition only_b2 A := {| I := I still; K1 := K1 still; b1 := b1 still; K2 := K2 still; b2 := A; W := W still; b := b still |}.
Definition only_W A := {| I := I still; K1 := K1 still; b1 := b1 still; K2 := K2 still; b2 := b2 still; W := A; b := b still |}.
Definition only_b A := {| I := I still; K1 := K1 still; b1 := b1 still; K2 := K2 still; b2 := b2 still; W := W still; b := A |}.

(* Each operand is a straight line, or stands. *)
Ltac operand := intros; cbn [still with_I with_K1 with_b1 with_K2 with_b2 with_W with_b
  only_I only_K1 only_b1 only_K2 only_b2 only_W only_b I K1 b1 K2 b2 W b]; first [apply @is_derive_const | apply derive_line].
Ltac operands_move := unfold moves; do 6 (split; [operand|]); operand.

Lemma stands t : moves (fun _ => x) t still.
Proof. operands_move. Qed.

(* What stands still contributes nothing. *)
Ltac rest := unfold layer1_part, layer2_part, dense_part; cbn [still only_I only_K1 only_b1 only_K2 only_b2 only_W only_b I K1 b1 K2 b2 W b];
  rewrite ?none4, ?none3, ?none2, ?none.

(* (36) *)
Theorem partial_K2 p q u v : 0 <= p < P n -> 0 <= q < Q n -> 0 <= u < x_k2 n -> 0 <= v < y_k2 n ->
  is_derive (fun X => L flatten y n (with_K2 (set4 (K2 x) p q u v X)))
    (K2 x p q u v) (ΔK2 flatten y n x p q u v).
Proof.
  intros.
  pose (curve := fun X => with_K2 (set4 (K2 x) p q u v X)).
  assert (start : curve (K2 x p q u v) = x) by (unfold curve, with_K2; rewrite at_home4; now destruct x).
  eapply derive_eq.
  - apply (backward n flatten y fits laid_out curve (K2 x p q u v)
      (only_K2 (fun g' h' i' j' => (δ p g' * δ q h' * δ u i' * δ v j')%R))).
    unfold curve. operands_move.
  - rest. rewrite start.
    rewrite pick4 by auto. ring.
Qed.

(* (37) *)
Theorem partial_b2 q : 0 <= q < Q n ->
  is_derive (fun X => L flatten y n (with_b2 (set1 (b2 x) q X)))
    (b2 x q) (Δb2 flatten y n x q).
Proof.
  intros.
  pose (curve := fun X => with_b2 (set1 (b2 x) q X)).
  assert (start : curve (b2 x q) = x) by (unfold curve, with_b2; rewrite at_home1; now destruct x).
  eapply derive_eq.
  - apply (backward n flatten y fits laid_out curve (b2 x q)
      (only_b2 (fun i' => (δ q i')%R))).
    unfold curve. operands_move.
  - rest. rewrite start.
    rewrite pick1 by auto. ring.
Qed.

(* (29) *)
Theorem partial_W i j : 0 <= i < Y n -> 0 <= j < M n ->
  is_derive (fun X => L flatten y n (with_W (set2 (W x) i j X)))
    (W x i j) (ΔW flatten y n x i j).
Proof.
  intros.
  pose (curve := fun X => with_W (set2 (W x) i j X)).
  assert (start : curve (W x i j) = x) by (unfold curve, with_W; rewrite at_home2; now destruct x).
  eapply derive_eq.
  - apply (backward n flatten y fits laid_out curve (W x i j)
      (only_W (fun i' j' => (δ i i' * δ j j')%R))).
    unfold curve. operands_move.
  - rest. rewrite start.
    rewrite pick2 by auto. ring.
Qed.

(* (30) *)
Theorem partial_b i : 0 <= i < Y n ->
  is_derive (fun X => L flatten y n (with_b (set1 (b x) i X)))
    (b x i) (Δb flatten y n x i).
Proof.
  intros.
  pose (curve := fun X => with_b (set1 (b x) i X)).
  assert (start : curve (b x i) = x) by (unfold curve, with_b; rewrite at_home1; now destruct x).
  eapply derive_eq.
  - apply (backward n flatten y fits laid_out curve (b x i)
      (only_b (fun i' => (δ i i')%R))).
    unfold curve. operands_move.
  - rest. rewrite start.
    rewrite pick1 by auto. ring.
Qed.

(* (41) *)
Theorem partial_K1 p u v : 0 <= p < P n -> 0 <= u < x_k1 n -> 0 <= v < y_k1 n ->
  is_derive (fun X => L flatten y n (with_K1 (set4 (K1 x) 0 p u v X)))
    (K1 x 0 p u v) (ΔK1 flatten y n x p u v).
Proof.
  intros.
  pose (curve := fun X => with_K1 (set4 (K1 x) 0 p u v X)).
  assert (start : curve (K1 x 0 p u v) = x) by (unfold curve, with_K1; rewrite at_home4; now destruct x).
  eapply derive_eq.
  - apply (backward n flatten y fits laid_out curve (K1 x 0 p u v)
      (only_K1 (fun g' h' i' j' => (δ 0 g' * δ p h' * δ u i' * δ v j')%R))).
    unfold curve. operands_move.
  - rest. rewrite start.
    rewrite <- (pick3 p u v (P n) (x_k1 n) (y_k1 n) (ΔK1 flatten y n x)) by auto. rewrite !Rplus_0_l, !Rplus_0_r.
    do 3 (apply sum_ext; intros). rewrite δ_here. ring.
Qed.

(* (42) *)
Theorem partial_b1 p : 0 <= p < P n ->
  is_derive (fun X => L flatten y n (with_b1 (set1 (b1 x) p X)))
    (b1 x p) (Δb1 flatten y n x p).
Proof.
  intros.
  pose (curve := fun X => with_b1 (set1 (b1 x) p X)).
  assert (start : curve (b1 x p) = x) by (unfold curve, with_b1; rewrite at_home1; now destruct x).
  eapply derive_eq.
  - apply (backward n flatten y fits laid_out curve (b1 x p)
      (only_b1 (fun i' => (δ p i')%R))).
    unfold curve. operands_move.
  - rest. rewrite start.
    rewrite pick1 by auto. ring.
Qed.

(* ΔI *)
Theorem partial_I i j : 0 <= i < x_i1 n -> 0 <= j < y_i1 n ->
  is_derive (fun X => L flatten y n (with_I (set2 (I x) i j X)))
    (I x i j) (ΔI flatten y n x i j).
Proof.
  intros.
  pose (curve := fun X => with_I (set2 (I x) i j X)).
  assert (start : curve (I x i j) = x) by (unfold curve, with_I; rewrite at_home2; now destruct x).
  eapply derive_eq.
  - apply (backward n flatten y fits laid_out curve (I x i j)
      (only_I (fun i' j' => (δ i i' * δ j j')%R))).
    unfold curve. operands_move.
  - rest. rewrite start.
    rewrite pick2 by auto. ring.
Qed.

(* (27) *)
Theorem partial_yhat_σ i : 0 <= i < Y n ->
  is_derive (fun X => L_of_yhat_σ y n x (set1 (yhat_σ flatten n x) i X))
    (yhat_σ flatten n x i) (Δyhat_σ flatten y n x i).
Proof.
  intros. eapply derive_eq.
  - apply (from_yhat_σ n flatten y (fun _ => x) (yhat_σ flatten n x i) (fun X => set1 (yhat_σ flatten n x) i X) (fun i' => δ i i')).
    + apply at_home1.
    + intros. apply derive_line.
  - rewrite pick1 by auto. reflexivity.
Qed.

(* (28) *)
Theorem partial_yhat i : 0 <= i < Y n ->
  is_derive (fun X => L_of_yhat y n x (set1 (yhat flatten n x) i X))
    (yhat flatten n x i) (Δyhat flatten y n x i).
Proof.
  intros. eapply derive_eq.
  - apply (from_yhat n flatten y (fun _ => x) (yhat flatten n x i) (fun X => set1 (yhat flatten n x) i X) (fun i' => δ i i')).
    + apply at_home1.
    + intros. apply derive_line.
  - rewrite pick1 by auto. reflexivity.
Qed.

(* (31) *)
Theorem partial_v m : 0 <= m < M n ->
  is_derive (fun X => L_of_v y n x (set1 (v flatten n x) m X))
    (v flatten n x m) (Δv flatten y n x m).
Proof.
  intros. eapply derive_eq.
  - apply (from_v n flatten y (fun _ => x) (v flatten n x m) still (stands (v flatten n x m)) (fun X => set1 (v flatten n x) m X) (fun i' => δ m i')).
    + apply at_home1.
    + intros. apply derive_line.
  - rest. rewrite pick1 by auto. ring.
Qed.

(* (33) *)
Theorem partial_S2 q i j : 0 <= q < Q n -> 0 <= i < x_s2 n -> 0 <= j < y_s2 n ->
  is_derive (fun X => L_of_S2 flatten y n x (set3 (S2 n x) q i j X))
    (S2 n x q i j) (ΔS2 flatten y n x q i j).
Proof.
  intros. eapply derive_eq.
  - apply (from_S2 n flatten y fits laid_out (fun _ => x) (S2 n x q i j) still (stands (S2 n x q i j)) (fun X => set3 (S2 n x) q i j X) (fun h' i' j' => (δ q h' * δ i i' * δ j j')%R)).
    + apply at_home3.
    + intros. apply derive_line.
  - rest. rewrite pick3 by auto. ring.
Qed.

(* (34) *)
Theorem partial_C2_σ q i j : 0 <= q < Q n -> 0 <= i < x_c2 n -> 0 <= j < y_c2 n ->
  is_derive (fun X => L_of_C2_σ flatten y n x (set3 (C2_σ n x) q i j X))
    (C2_σ n x q i j) (ΔC2_σ flatten y n x q i j).
Proof.
  intros. eapply derive_eq.
  - apply (from_C2_σ n flatten y fits laid_out (fun _ => x) (C2_σ n x q i j) still (stands (C2_σ n x q i j)) (fun X => set3 (C2_σ n x) q i j X) (fun h' i' j' => (δ q h' * δ i i' * δ j j')%R)).
    + apply at_home3.
    + intros. apply derive_line.
  - rest. rewrite pick3 by auto. ring.
Qed.

(* (35) *)
Theorem partial_C2 q i j : 0 <= q < Q n -> 0 <= i < x_c2 n -> 0 <= j < y_c2 n ->
  is_derive (fun X => L_of_C2 flatten y n x (set3 (C2 n x) q i j X))
    (C2 n x q i j) (ΔC2 flatten y n x q i j).
Proof.
  intros. eapply derive_eq.
  - apply (from_C2 n flatten y fits laid_out (fun _ => x) (C2 n x q i j) still (stands (C2 n x q i j)) (fun X => set3 (C2 n x) q i j X) (fun h' i' j' => (δ q h' * δ i i' * δ j j')%R)).
    + apply at_home3.
    + intros. apply derive_line.
  - rest. rewrite pick3 by auto. ring.
Qed.

(* (38) *)
Theorem partial_S1 p i j : 0 <= p < P n -> 0 <= i < x_i2 n -> 0 <= j < y_i2 n ->
  is_derive (fun X => L_of_S1 flatten y n x (set3 (S1 n x) p i j X))
    (S1 n x p i j) (ΔS1 flatten y n x p i j).
Proof.
  intros. eapply derive_eq.
  - apply (from_S1 n flatten y fits laid_out (fun _ => x) (S1 n x p i j) still (stands (S1 n x p i j)) (fun X => set3 (S1 n x) p i j X) (fun h' i' j' => (δ p h' * δ i i' * δ j j')%R)).
    + apply at_home3.
    + intros. apply derive_line.
  - rest. rewrite pick3 by auto. ring.
Qed.

(* (39) *)
Theorem partial_C1_σ p i j : 0 <= p < P n -> 0 <= i < x_c1 n -> 0 <= j < y_c1 n ->
  is_derive (fun X => L_of_C1_σ flatten y n x (set3 (C1_σ n x) p i j X))
    (C1_σ n x p i j) (ΔC1_σ flatten y n x p i j).
Proof.
  intros. eapply derive_eq.
  - apply (from_C1_σ n flatten y fits laid_out (fun _ => x) (C1_σ n x p i j) still (stands (C1_σ n x p i j)) (fun X => set3 (C1_σ n x) p i j X) (fun h' i' j' => (δ p h' * δ i i' * δ j j')%R)).
    + apply at_home3.
    + intros. apply derive_line.
  - rest. rewrite pick3 by auto. ring.
Qed.

(* (40) *)
Theorem partial_C1 p i j : 0 <= p < P n -> 0 <= i < x_c1 n -> 0 <= j < y_c1 n ->
  is_derive (fun X => L_of_C1 flatten y n x (set3 (C1 n x) p i j X))
    (C1 n x p i j) (ΔC1 flatten y n x p i j).
Proof.
  intros. eapply derive_eq.
  - apply (from_C1 n flatten y fits laid_out (fun _ => x) (C1 n x p i j) still (stands (C1 n x p i j)) (fun X => set3 (C1 n x) p i j X) (fun h' i' j' => (δ p h' * δ i i' * δ j j')%R)).
    + apply at_home3.
    + intros. apply derive_line.
  - rest. rewrite pick3 by auto. ring.
Qed.

End Partial.
