(* Each Δ of §4.4, literally: the partial derivative of the loss by one entry of its variable, while
   all else stands still. *)
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
Section Partial.
Variables (n : sizes) (flatten : (Z -> Z -> Z -> R) -> Z -> R) (y : Z -> R).
Hypotheses (fits : fitting n) (laid_out : flattens n flatten).
Variable x : operands.
Ltac sized := destruct fits as (?&?&?&?&?&?&?&?&?&?&?&?&?&?&?&?&?&?).

(* The operands with another array in one place. *)
Definition with_I A := {| I := A; K1 := K1 x; b1 := b1 x; K2 := K2 x; b2 := b2 x; W := W x; b := b x |}.
Definition with_K1 A := {| I := I x; K1 := A; b1 := b1 x; K2 := K2 x; b2 := b2 x; W := W x; b := b x |}.
Definition with_b1 A := {| I := I x; K1 := K1 x; b1 := A; K2 := K2 x; b2 := b2 x; W := W x; b := b x |}.
Definition with_K2 A := {| I := I x; K1 := K1 x; b1 := b1 x; K2 := A; b2 := b2 x; W := W x; b := b x |}.
Definition with_b2 A := {| I := I x; K1 := K1 x; b1 := b1 x; K2 := K2 x; b2 := A; W := W x; b := b x |}.
Definition with_W A := {| I := I x; K1 := K1 x; b1 := b1 x; K2 := K2 x; b2 := b2 x; W := A; b := b x |}.
Definition with_b A := {| I := I x; K1 := K1 x; b1 := b1 x; K2 := K2 x; b2 := b2 x; W := W x; b := A |}.

(* No operand moves, and so none contributes. *)
Definition still : operands := {|
  I := fun _ _ => 0%R; K1 := fun _ _ _ _ => 0%R; b1 := fun _ => 0%R; K2 := fun _ _ _ _ => 0%R; b2 := fun _ => 0%R;
  W := fun _ _ => 0%R; b := fun _ => 0%R |}.
Lemma stands t : moves (fun _ => x) t still.
Proof. unfold moves. do 6 (split; [intros; apply derive_const|]). intros; apply derive_const. Qed.
Ltac rest := unfold layer2_part, dense_part; cbn [still K2 b2 W b]; rewrite ?none4, ?none2, ?none, ?Rplus_0_r.

(* A curve of ŷ, of C² or of C¹, all else standing still: the derivative of L is that of ⟨Δ, curve⟩. *)
Lemma by_yhat (z : R -> Z -> R) t slope : z t = yhat flatten n x -> (forall i, ex_derive (fun X => z X i) t) ->
  is_derive (fun X => Σ i from 0 to Y n - 1, Δyhat flatten y n x i * z X i)%R t slope ->
  is_derive (fun X => L_of_yhat y n x (z X)) t slope.
Proof.
  intros start E H. eapply derive_eq.
  - apply (from_yhat n flatten y (fun _ => x) t z (fun i => Derive (fun X => z X i) t)); [exact start|].
    intros. now apply Derive_correct.
  - eapply unique; [|exact H]. apply sum_derive; intros. now apply derive_scale, Derive_correct.
Qed.

Lemma by_C2 (C : R -> Z -> Z -> Z -> R) t slope : C t = C2 n x -> (forall q i j, ex_derive (fun X => C X q i j) t) ->
  is_derive (fun X => Σ q from 0 to Q n - 1, Σ i from 0 to x_c2 n - 1, Σ j from 0 to y_c2 n - 1,
    ΔC2 flatten y n x q i j * C X q i j)%R t slope ->
  is_derive (fun X => L_of_C2 flatten y n x (C X)) t slope.
Proof.
  intros start E H. eapply derive_eq.
  - apply (from_C2 n flatten y fits laid_out (fun _ => x) t still (stands t) C
      (fun q i j => Derive (fun X => C X q i j) t)); [exact start|]. intros. now apply Derive_correct.
  - rest. eapply unique; [|exact H]. do 3 (apply sum_derive; intros). now apply derive_scale, Derive_correct.
Qed.

Lemma by_C1 (C : R -> Z -> Z -> Z -> R) t slope : C t = C1 n x -> (forall p i j, ex_derive (fun X => C X p i j) t) ->
  is_derive (fun X => Σ p from 0 to P n - 1, Σ i from 0 to x_c1 n - 1, Σ j from 0 to y_c1 n - 1,
    ΔC1 flatten y n x p i j * C X p i j)%R t slope ->
  is_derive (fun X => L_of_C1 flatten y n x (C X)) t slope.
Proof.
  intros start E H. eapply derive_eq.
  - apply (from_C1 n flatten y fits laid_out (fun _ => x) t still (stands t) C
      (fun p i j => Derive (fun X => C X p i j) t)); [exact start|]. intros. now apply Derive_correct.
  - rest. eapply unique; [|exact H]. do 3 (apply sum_derive; intros). now apply derive_scale, Derive_correct.
Qed.

(* One entry is a straight line, and its array is back at home where the line is. *)
Ltac line := intros; cbv beta; lazymatch goal with
  | |- context [set1] => apply derive_line | |- context [set2] => apply derive_line
  | |- context [set4] => apply derive_line | |- _ => apply derive_const end.
Ltac home law := cbv beta; now rewrite law.

(* (29) *)
Theorem partial_W i j : 0 <= i < Y n -> 0 <= j < M n ->
  is_derive (fun X => L flatten y n (with_W (set2 (W x) i j X))) (W x i j) (ΔW flatten y n x i j).
Proof.
  intros. refine (by_yhat (fun X => eq24 (M n) (set2 (W x) i j X) (b x) (v flatten n x)) _ _ _ _ _).
  - home at_home2.
  - intros. eapply eq24_moves; line.
  - eapply derive_eq; [apply weights with (W' := fun i' j' => (δ i i' * δ j j')%R); line|]. now apply pick2.
Qed.

(* (30) *)
Theorem partial_b i : 0 <= i < Y n ->
  is_derive (fun X => L flatten y n (with_b (set1 (b x) i X))) (b x i) (Δb flatten y n x i).
Proof.
  intros. refine (by_yhat (fun X => eq24 (M n) (W x) (set1 (b x) i X) (v flatten n x)) _ _ _ _ _).
  - home at_home1.
  - intros. eapply eq24_moves; line.
  - eapply derive_eq; [apply biases with (b' := fun i' => δ i i'); line|]. now apply pick1.
Qed.

(* (36) *)
Theorem partial_K2 p q u v : 0 <= p < P n -> 0 <= q < Q n -> 0 <= u < x_k2 n -> 0 <= v < y_k2 n ->
  is_derive (fun X => L flatten y n (with_K2 (set4 (K2 x) p q u v X))) (K2 x p q u v) (ΔK2 flatten y n x p q u v).
Proof.
  intros. refine (by_C2 (fun X => eq18 (x_k2 n) (y_k2 n) (P n) (set4 (K2 x) p q u v X) (S1 n x) (b2 x)) _ _ _ _ _).
  - home at_home4.
  - intros. eapply eq18_moves; line.
  - sized. eapply derive_eq; [apply kernels2 with (x_i := x_i2 n) (y_i := y_i2 n)
      (K' := fun g h i j => (δ p g * δ q h * δ u i * δ v j)%R); auto; line|]. now apply pick4.
Qed.

(* (37) *)
Theorem partial_b2 q : 0 <= q < Q n ->
  is_derive (fun X => L flatten y n (with_b2 (set1 (b2 x) q X))) (b2 x q) (Δb2 flatten y n x q).
Proof.
  intros. refine (by_C2 (fun X => eq18 (x_k2 n) (y_k2 n) (P n) (K2 x) (S1 n x) (set1 (b2 x) q X)) _ _ _ _ _).
  - home at_home1.
  - intros. eapply eq18_moves; line.
  - sized. eapply derive_eq; [apply biases2 with (x_i := x_i2 n) (y_i := y_i2 n) (b' := fun h => δ q h); auto; line|].
    now apply pick1.
Qed.

(* (41) *)
Theorem partial_K1 p u v : 0 <= p < P n -> 0 <= u < x_k1 n -> 0 <= v < y_k1 n ->
  is_derive (fun X => L flatten y n (with_K1 (set4 (K1 x) 0 p u v X))) (K1 x 0 p u v) (ΔK1 flatten y n x p u v).
Proof.
  intros. refine (by_C1 (fun X => eq14 (x_k1 n) (y_k1 n) (I x) (set4 (K1 x) 0 p u v X) (b1 x)) _ _ _ _ _).
  - home at_home4.
  - intros. eapply eq14_moves; line.
  - sized. eapply derive_eq; [apply kernels1 with (x_i := x_i1 n) (y_i := y_i1 n)
      (K' := fun g h i j => (δ 0 g * δ p h * δ u i * δ v j)%R); auto; line|].
    rewrite <- (pick3 p u v (P n) (x_k1 n) (y_k1 n) (ΔK1 flatten y n x)) by auto.
    do 3 (apply sum_ext; intros). rewrite δ_here. unfold ΔK1. ring.
Qed.

(* (42) *)
Theorem partial_b1 p : 0 <= p < P n ->
  is_derive (fun X => L flatten y n (with_b1 (set1 (b1 x) p X))) (b1 x p) (Δb1 flatten y n x p).
Proof.
  intros. refine (by_C1 (fun X => eq14 (x_k1 n) (y_k1 n) (I x) (K1 x) (set1 (b1 x) p X)) _ _ _ _ _).
  - home at_home1.
  - intros. eapply eq14_moves; line.
  - sized. eapply derive_eq; [apply biases1 with (x_i := x_i1 n) (y_i := y_i1 n) (b' := fun h => δ p h); auto; line|].
    now apply pick1.
Qed.

(* ΔI *)
Theorem partial_I i j : 0 <= i < x_i1 n -> 0 <= j < y_i1 n ->
  is_derive (fun X => L flatten y n (with_I (set2 (I x) i j X))) (I x i j) (ΔI flatten y n x i j).
Proof.
  intros. refine (by_C1 (fun X => eq14 (x_k1 n) (y_k1 n) (set2 (I x) i j X) (K1 x) (b1 x)) _ _ _ _ _).
  - home at_home2.
  - intros. eapply eq14_moves; line.
  - sized. eapply derive_eq; [apply image1 with (x_i := x_i1 n) (y_i := y_i1 n)
      (I' := fun i' j' => (δ i i' * δ j j')%R); auto; line|]. now apply pick2.
Qed.

(* (27) *)
Theorem partial_yhat_σ i : 0 <= i < Y n ->
  is_derive (fun X => L_of_yhat_σ y n x (set1 (yhat_σ flatten n x) i X))
    (yhat_σ flatten n x i) (Δyhat_σ flatten y n x i).
Proof.
  intros. eapply derive_eq.
  - apply (from_yhat_σ n flatten y (fun _ => x) (yhat_σ flatten n x i)
      (fun X => set1 (yhat_σ flatten n x) i X) (fun i' => δ i i')).
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
  - apply (from_yhat n flatten y (fun _ => x) (yhat flatten n x i)
      (fun X => set1 (yhat flatten n x) i X) (fun i' => δ i i')).
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
  - apply (from_v n flatten y (fun _ => x) (v flatten n x m) still (stands (v flatten n x m))
      (fun X => set1 (v flatten n x) m X) (fun i' => δ m i')).
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
  - apply (from_S2 n flatten y fits laid_out (fun _ => x) (S2 n x q i j) still (stands (S2 n x q i j))
      (fun X => set3 (S2 n x) q i j X) (fun h' i' j' => (δ q h' * δ i i' * δ j j')%R)).
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
  - apply (from_C2_σ n flatten y fits laid_out (fun _ => x) (C2_σ n x q i j) still (stands (C2_σ n x q i j))
      (fun X => set3 (C2_σ n x) q i j X) (fun h' i' j' => (δ q h' * δ i i' * δ j j')%R)).
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
  - apply (from_C2 n flatten y fits laid_out (fun _ => x) (C2 n x q i j) still (stands (C2 n x q i j))
      (fun X => set3 (C2 n x) q i j X) (fun h' i' j' => (δ q h' * δ i i' * δ j j')%R)).
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
  - apply (from_S1 n flatten y fits laid_out (fun _ => x) (S1 n x p i j) still (stands (S1 n x p i j))
      (fun X => set3 (S1 n x) p i j X) (fun h' i' j' => (δ p h' * δ i i' * δ j j')%R)).
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
  - apply (from_C1_σ n flatten y fits laid_out (fun _ => x) (C1_σ n x p i j) still (stands (C1_σ n x p i j))
      (fun X => set3 (C1_σ n x) p i j X) (fun h' i' j' => (δ p h' * δ i i' * δ j j')%R)).
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
  - apply (from_C1 n flatten y fits laid_out (fun _ => x) (C1 n x p i j) still (stands (C1 n x p i j))
      (fun X => set3 (C1 n x) p i j X) (fun h' i' j' => (δ p h' * δ i i' * δ j j')%R)).
    + apply at_home3.
    + intros. apply derive_line.
  - rest. rewrite pick3 by auto. ring.
Qed.

End Partial.
