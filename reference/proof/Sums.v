(* Finite sums over ranges of integers, as the formulas write them, and the few other words of the formulas. *)
From Coq Require Import Reals ZArith Lia Lra Bool.
From Coquelicot Require Import Coquelicot.
Open Scope Z_scope.

(* The first n terms. *)
Fixpoint count (n : nat) (f : nat -> R) : R :=
  match n with O => 0%R | S m => (count m f + f m)%R end.

(* Σ_{i=a}^{b}, empty where b < a. *)
Definition sum (a b : Z) (f : Z -> R) : R :=
  count (Z.to_nat (b - a + 1)) (fun k => f (a + Z.of_nat k)).

Notation "'Σ' i 'from' a 'to' b , e" := (sum a b (fun i => e%R))
  (at level 50, i name, a at level 40, b at level 40, e at level 45, right associativity) : R_scope.

(* Entry by entry; a matrix times a vector; a vector times a transposed one. *)
Notation "x ⊙ y" := (x * y)%R (at level 40, left associativity, only parsing) : R_scope.
Definition times (n : Z) (A : Z -> Z -> R) (v : Z -> R) (i : Z) : R := (Σ j from 0 to n - 1, A i j * v j)%R.
Definition outer (a b : Z -> R) (i j : Z) : R := (a i * b j)%R.
Definition transpose (A : Z -> Z -> R) (i j : Z) : R := A j i.

(* [condition], and "where …, else 0". *)
Definition indicator {A B : Prop} (d : {A} + {B}) : R := if d then 1%R else 0%R.
Definition within (a i b : Z) : bool := (a <=? i) && (i <=? b).
Definition when (c : bool) (value : R) : R := if c then value else 0%R.

(* max_{k<n} of n ≥ 1 values, and argmax_{k<n}: the first k of a greatest value. *)
Fixpoint max_up_to (n : nat) (f : Z -> R) : R :=
  match n with O => f 0 | S m => Rmax (max_up_to m f) (f (Z.of_nat n)) end.
Definition max_over (n : Z) (f : Z -> R) : R := max_up_to (Z.to_nat (n - 1)) f.
Fixpoint argmax_up_to (n : nat) (f : Z -> R) : Z :=
  match n with
  | O => 0
  | S m => if Rlt_dec (f (argmax_up_to m f)) (f (Z.of_nat n)) then Z.of_nat n else argmax_up_to m f
  end.
Definition argmax (n : Z) (f : Z -> R) : Z := argmax_up_to (Z.to_nat (n - 1)) f.

(* What holds of sums. *)
Lemma count_ext n f g : (forall k, (k < n)%nat -> f k = g k) -> count n f = count n g.
Proof. induction n; simpl; intros H; [|rewrite IHn, (H n)]; auto. Qed.

Lemma count_plus n f g : count n (fun k => f k + g k)%R = (count n f + count n g)%R.
Proof. induction n; simpl; [|rewrite IHn]; ring. Qed.

Lemma count_scale n c f : count n (fun k => c * f k)%R = (c * count n f)%R.
Proof. induction n; simpl; [|rewrite IHn]; ring. Qed.

Lemma count_zero n : count n (fun _ => 0%R) = 0%R.
Proof. induction n; simpl; [|rewrite IHn]; ring. Qed.

Lemma count_exchange n m f :
  count n (fun i => count m (fun j => f i j)) = count m (fun j => count n (fun i => f i j)).
Proof. induction n; simpl; [now rewrite count_zero|]. now rewrite IHn, count_plus. Qed.

Lemma count_append n m f : count (n + m) f = (count n f + count m (fun k => f (n + k)%nat))%R.
Proof.
  induction m; simpl; [rewrite Nat.add_0_r; ring|].
  rewrite Nat.add_succ_r; simpl; rewrite IHm; ring.
Qed.

Lemma count_derive n (f : nat -> R -> R) t d :
  (forall k, (k < n)%nat -> is_derive (f k) t (d k)) -> is_derive (fun x => count n (fun k => f k x)) t (count n d).
Proof.
  induction n; simpl; intros H; [apply @is_derive_const|].
  apply @is_derive_plus; auto.
Qed.

Lemma count_positive n f : (0 < n)%nat -> (forall k, (k < n)%nat -> 0 < f k)%R -> (0 < count n f)%R.
Proof.
  intros N H. destruct n as [|n]; [lia|]. clear N. induction n as [|n IH]; simpl in *.
  - specialize (H O). rewrite Rplus_0_l. auto.
  - apply Rplus_lt_0_compat; [apply IH; intros; apply H|apply H]; lia.
Qed.

Lemma sum_ext a b f g : (forall k, a <= k <= b -> f k = g k) -> sum a b f = sum a b g.
Proof. intros H; apply count_ext; intros; apply H; lia. Qed.

Lemma sum_eq a b f a' b' g : a = a' -> b = b' -> (forall k, a <= k <= b -> f k = g k) -> sum a b f = sum a' b' g.
Proof. intros <- <-. apply sum_ext. Qed.

Lemma sum_plus a b f g : sum a b (fun k => f k + g k)%R = (sum a b f + sum a b g)%R.
Proof. apply (count_plus _ (fun k => f (a + Z.of_nat k))). Qed.

Lemma sum_scale a b c f : sum a b (fun k => c * f k)%R = (c * sum a b f)%R.
Proof. apply (count_scale _ c (fun k => f (a + Z.of_nat k))). Qed.

Lemma sum_scale_r a b c f : sum a b (fun k => f k * c)%R = (sum a b f * c)%R.
Proof. rewrite Rmult_comm, <- sum_scale. apply sum_ext; intros; ring. Qed.

Lemma sum_opp a b f : sum a b (fun k => - f k)%R = (- sum a b f)%R.
Proof. replace (- sum a b f)%R with (-1 * sum a b f)%R by ring. rewrite <- sum_scale. apply sum_ext; intros; ring. Qed.

Lemma sum_zero a b : sum a b (fun _ => 0%R) = 0%R.
Proof. apply count_zero. Qed.

Lemma sum_nothing a b f : (forall k, a <= k <= b -> f k = 0%R) -> sum a b f = 0%R.
Proof. intros H. rewrite (sum_ext _ _ _ (fun _ => 0%R)) by auto. apply sum_zero. Qed.

(* What is multiplied by zero everywhere. *)
Lemma none n D : (Σ i from 0 to n, D i * 0)%R = 0%R.
Proof. apply sum_nothing; intros; ring. Qed.
Lemma none2 m n D : (Σ i from 0 to m, Σ j from 0 to n, D i j * 0)%R = 0%R.
Proof. apply sum_nothing; intros; apply none. Qed.
Lemma none3 l m n D : (Σ h from 0 to l, Σ i from 0 to m, Σ j from 0 to n, D h i j * 0)%R = 0%R.
Proof. apply sum_nothing; intros; apply none2. Qed.
Lemma none4 k l m n D :
  (Σ g from 0 to k, Σ h from 0 to l, Σ i from 0 to m, Σ j from 0 to n, D g h i j * 0)%R = 0%R.
Proof. apply sum_nothing; intros; apply none3. Qed.

Lemma sum_exchange a b c d f :
  sum a b (fun i => sum c d (fun j => f i j)) = sum c d (fun j => sum a b (fun i => f i j)).
Proof. apply (count_exchange _ _ (fun i j => f (a + Z.of_nat i) (c + Z.of_nat j))). Qed.

Lemma sum_shift c a b f : sum a b f = sum (a + c) (b + c) (fun k => f (k - c)).
Proof.
  unfold sum. replace (b + c - (a + c) + 1) with (b - a + 1) by lia.
  apply count_ext; intros; f_equal; lia.
Qed.

Lemma sum_derive a b (f : Z -> R -> R) t d :
  (forall k, a <= k <= b -> is_derive (f k) t (d k)) -> is_derive (fun x => sum a b (fun k => f k x)) t (sum a b d).
Proof. intros H. apply (count_derive _ (fun k => f (a + Z.of_nat k))). intros; apply H; lia. Qed.

Lemma sum_positive a b f : a <= b -> (forall k, a <= k <= b -> (0 < f k)%R) -> (0 < sum a b f)%R.
Proof. intros. apply count_positive; [lia|]. intros; apply H0; lia. Qed.

Lemma sum_split m a b f : a <= m + 1 -> m <= b -> sum a b f = (sum a m f + sum (m + 1) b f)%R.
Proof.
  intros. unfold sum.
  replace (Z.to_nat (b - a + 1)) with (Z.to_nat (m - a + 1) + Z.to_nat (b - (m + 1) + 1))%nat by lia.
  rewrite count_append; f_equal. apply count_ext; intros; f_equal; lia.
Qed.

Lemma sum_none a b f : b < a -> sum a b f = 0%R.
Proof. intros; unfold sum. now replace (Z.to_nat (b - a + 1)) with O by lia. Qed.

Lemma sum_one a f : sum a a f = f a.
Proof. unfold sum. replace (Z.to_nat (a - a + 1)) with 1%nat by lia. simpl. rewrite Rplus_0_l. f_equal; lia. Qed.

(* Where all terms but one are zero, the sum is that one. *)
Lemma sum_pick k a b f : a <= k <= b -> (forall i, a <= i <= b -> i <> k -> f i = 0%R) -> sum a b f = f k.
Proof.
  intros H E. rewrite (sum_split (k - 1) a b), (sum_split k (k - 1 + 1) b) by lia.
  rewrite (sum_nothing a (k - 1)), (sum_nothing (k + 1) b) by (intros; apply E; lia).
  replace (k - 1 + 1) with k by lia. rewrite sum_one. ring.
Qed.

(* A range within another one, written with an indicator. *)
Lemma sum_within a b c d f : a <= c -> d <= b ->
  sum c d f = sum a b (fun k => when (within c k d) (f k)).
Proof.
  intros. destruct (Z.lt_ge_cases d c) as [E|E].
  - rewrite sum_none by lia. symmetry. apply sum_nothing. intros; unfold within.
    destruct (Z.leb_spec c k), (Z.leb_spec k d); simpl; auto; lia.
  - rewrite (sum_split (c - 1) a b), (sum_split d (c - 1 + 1) b) by lia.
    rewrite (sum_nothing a), (sum_nothing (d + 1)).
    + replace (c - 1 + 1) with c by lia. ring_simplify. apply sum_ext; intros; unfold within.
      destruct (Z.leb_spec c k), (Z.leb_spec k d); simpl; auto; lia.
    + intros; unfold within. destruct (Z.leb_spec c k), (Z.leb_spec k d); simpl; auto; lia.
    + intros; unfold within. destruct (Z.leb_spec c k), (Z.leb_spec k d); simpl; auto; lia.
Qed.

(* The m n places of a vector are those n k + l of m rows of n. *)
Lemma sum_times m n f : 0 <= m -> 0 <= n ->
  sum 0 (m * n - 1) f = sum 0 (m - 1) (fun k => sum 0 (n - 1) (fun l => f (n * k + l))).
Proof.
  intros Hm Hn. revert m Hm. apply natlike_ind; [now rewrite !sum_none by lia|].
  intros m Hm IH. rewrite (sum_split (m * n - 1)) by nia. rewrite IH.
  rewrite (sum_split (m - 1) 0 (Z.succ m - 1)) by lia. f_equal.
  replace (m - 1 + 1) with m by lia. replace (Z.succ m - 1) with m by lia. rewrite sum_one.
  rewrite (sum_shift (n * m) 0 (n - 1)).
  replace (0 + n * m) with (m * n - 1 + 1) by lia. replace (n - 1 + n * m) with (Z.succ m * n - 1) by lia.
  apply sum_ext; intros; f_equal; lia.
Qed.

(* The step of §2.2: with a = i + u as the index in place of i, u runs from max(0, a-n+1) to min(m-1, a). *)
Lemma sum_convolution n m F : 0 <= n -> 0 <= m ->
  sum 0 (n - 1) (fun i => sum 0 (m - 1) (fun u => F (i + u) i u)) =
  sum 0 (n + m - 2) (fun a => sum (Z.max 0 (a - n + 1)) (Z.min (m - 1) a) (fun u => F a (a - u) u)).
Proof.
  intros. rewrite sum_exchange.
  rewrite (sum_ext 0 (m - 1) _ (fun u => sum 0 (n + m - 2) (fun a => when (within u a (n - 1 + u)) (F a (a - u) u)))).
  - rewrite sum_exchange. apply sum_ext; intros a Ha.
    rewrite (sum_within 0 (m - 1) (Z.max _ _)) by lia. apply sum_ext; intros u Hu. unfold within.
    destruct (Z.leb_spec u a), (Z.leb_spec a (n - 1 + u)), (Z.leb_spec (Z.max 0 (a - n + 1)) u),
      (Z.leb_spec u (Z.min (m - 1) a)); simpl; auto; lia.
  - intros u Hu. rewrite (sum_shift u), Z.add_0_l. rewrite <- sum_within by lia.
    apply sum_ext; intros; f_equal; lia.
Qed.

(* The third of three sums first, and the fourth of four. *)
Lemma sum_third a b c d e f F :
  sum a b (fun i => sum c d (fun j => sum e f (fun p => F i j p))) =
  sum e f (fun p => sum a b (fun i => sum c d (fun j => F i j p))).
Proof. rewrite (sum_exchange e f). apply sum_ext; intros. apply sum_exchange. Qed.

Lemma sum_fourth a b c d e f g h F :
  sum a b (fun i => sum c d (fun j => sum e f (fun p => sum g h (fun q => F i j p q)))) =
  sum g h (fun q => sum a b (fun i => sum c d (fun j => sum e f (fun p => F i j p q)))).
Proof. rewrite (sum_exchange g h). apply sum_ext; intros. apply sum_third. Qed.
