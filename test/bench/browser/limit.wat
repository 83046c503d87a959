;; Bench only: how fast memory can be read, and a float32 scan beside it.
(module
  (import "env" "memory" (memory 1))
  ;; Reads $bytes (a multiple of 128) from $at, eight vectors at a time, and returns their sum, so that nothing can be left out.
  (func (export "stream") (param $at i32) (param $bytes i32) (result i32)
    (local $end i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $at) (local.get $bytes)))
    (loop $next
      (local.set $a (v128.xor (local.get $a) (v128.xor (v128.load (local.get $at)) (v128.load offset=64 (local.get $at)))))
      (local.set $b (v128.xor (local.get $b) (v128.xor (v128.load offset=16 (local.get $at)) (v128.load offset=80 (local.get $at)))))
      (local.set $c (v128.xor (local.get $c) (v128.xor (v128.load offset=32 (local.get $at)) (v128.load offset=96 (local.get $at)))))
      (local.set $d (v128.xor (local.get $d) (v128.xor (v128.load offset=48 (local.get $at)) (v128.load offset=112 (local.get $at)))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 128))) (local.get $end))))
    (i32x4.extract_lane 0
      (v128.xor (v128.xor (local.get $a) (local.get $b)) (v128.xor (local.get $c) (local.get $d)))))
  ;; Dots of float32 rows with a query, 16 rows at a time: $at holds blocks of 16 rows, dimension by dimension. Of a block in
  ;; which any dot reaches $limit, the number of its first row and its 16 dots go to $out; returns the address behind the last.
  (func (export "floats")
    (param $at i32) (param $rows i32) (param $dims i32) (param $query i32) (param $limit f32) (param $out i32) (result i32)
    (local $row i32) (local $d i32) (local $q v128) (local $bar v128)
    (local $a v128) (local $b v128) (local $c v128) (local $e v128)
    (local.set $bar (f32x4.splat (local.get $limit)))
    (loop $blocks
      (local.set $a (v128.const i32x4 0 0 0 0))
      (local.set $b (v128.const i32x4 0 0 0 0))
      (local.set $c (v128.const i32x4 0 0 0 0))
      (local.set $e (v128.const i32x4 0 0 0 0))
      (local.set $d (i32.const 0))
      (loop $dim
        (local.set $q (v128.load32_splat (i32.add (local.get $query) (i32.shl (local.get $d) (i32.const 2)))))
        (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $q) (v128.load (local.get $at)))))
        (local.set $b (f32x4.add (local.get $b) (f32x4.mul (local.get $q) (v128.load offset=16 (local.get $at)))))
        (local.set $c (f32x4.add (local.get $c) (f32x4.mul (local.get $q) (v128.load offset=32 (local.get $at)))))
        (local.set $e (f32x4.add (local.get $e) (f32x4.mul (local.get $q) (v128.load offset=48 (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br_if $dim (i32.lt_u (local.tee $d (i32.add (local.get $d) (i32.const 1))) (local.get $dims))))
      (if
        (v128.any_true
          (v128.or
            (v128.or (f32x4.ge (local.get $a) (local.get $bar)) (f32x4.ge (local.get $b) (local.get $bar)))
            (v128.or (f32x4.ge (local.get $c) (local.get $bar)) (f32x4.ge (local.get $e) (local.get $bar)))))
        (then
          (i32.store (local.get $out) (local.get $row))
          (v128.store offset=4 (local.get $out) (local.get $a))
          (v128.store offset=20 (local.get $out) (local.get $b))
          (v128.store offset=36 (local.get $out) (local.get $c))
          (v128.store offset=52 (local.get $out) (local.get $e))
          (local.set $out (i32.add (local.get $out) (i32.const 68)))))
      (br_if $blocks (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 16))) (local.get $rows))))
    (local.get $out)))
