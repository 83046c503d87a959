;; Dots of int8 rows with one int16 query, four rows at a time; those that reach a limit are written out.
;; Every partial sum stays below 2^24, so the integers are exact. `npm run kernel` assembles it.
(module
  (import "env" "memory" (memory 1))
  ;; $row: address of the first row; $rows: how many, a multiple of 4; $stride: bytes of a row, a multiple of 8;
  ;; $query: address of $stride int16; $limit: least dot that is written; $out: address of pairs (row from 0, dot).
  ;; The 16 bytes before $query are scratch. Returns how many pairs were written.
  (func (export "scan")
    (param $row i32) (param $rows i32) (param $stride i32) (param $query i32) (param $limit i32) (param $out i32)
    (result i32)
    (local $n i32) (local $hits i32) (local $d i32) (local $p i32) (local $mask i32) (local $lane i32)
    (local $q v128) (local $a v128) (local $b v128) (local $c v128) (local $e v128)
    (block $done
      (loop $fours
        (br_if $done (i32.ge_u (local.get $n) (local.get $rows)))
        (local.set $a (v128.const i32x4 0 0 0 0))
        (local.set $b (v128.const i32x4 0 0 0 0))
        (local.set $c (v128.const i32x4 0 0 0 0))
        (local.set $e (v128.const i32x4 0 0 0 0))
        (local.set $d (i32.const 0))
        (loop $eights
          (local.set $q (v128.load (i32.add (local.get $query) (i32.shl (local.get $d) (i32.const 1)))))
          (local.set $p (i32.add (local.get $row) (local.get $d)))
          (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s (local.get $q) (v128.load8x8_s (local.get $p)))))
          (local.set $p (i32.add (local.get $p) (local.get $stride)))
          (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s (local.get $q) (v128.load8x8_s (local.get $p)))))
          (local.set $p (i32.add (local.get $p) (local.get $stride)))
          (local.set $c (i32x4.add (local.get $c) (i32x4.dot_i16x8_s (local.get $q) (v128.load8x8_s (local.get $p)))))
          (local.set $p (i32.add (local.get $p) (local.get $stride)))
          (local.set $e (i32x4.add (local.get $e) (i32x4.dot_i16x8_s (local.get $q) (v128.load8x8_s (local.get $p)))))
          (br_if $eights
            (i32.lt_u (local.tee $d (i32.add (local.get $d) (i32.const 8))) (local.get $stride))))
        ;; The four lanes of each sum come together: a + b in one vector, c + e in the other, then both.
        (local.set $a
          (i32x4.add
            (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b))
            (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b))))
        (local.set $c
          (i32x4.add
            (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $e))
            (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $e))))
        (local.set $a
          (i32x4.add
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $a) (local.get $c))
            (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $a) (local.get $c))))
        (local.set $mask
          (i32x4.bitmask (i32x4.ge_s (local.get $a) (i32x4.splat (local.get $limit)))))
        (if (local.get $mask)
          (then
            (v128.store (i32.sub (local.get $query) (i32.const 16)) (local.get $a))
            (loop $lanes
              (local.set $lane (i32.ctz (local.get $mask)))
              (local.set $p (i32.add (local.get $out) (i32.shl (local.get $hits) (i32.const 3))))
              (i32.store (local.get $p) (i32.add (local.get $n) (local.get $lane)))
              (i32.store offset=4 (local.get $p)
                (i32.load
                  (i32.add
                    (i32.sub (local.get $query) (i32.const 16))
                    (i32.shl (local.get $lane) (i32.const 2)))))
              (local.set $hits (i32.add (local.get $hits) (i32.const 1)))
              (br_if $lanes
                (local.tee $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))))))
        (local.set $n (i32.add (local.get $n) (i32.const 4)))
        (local.set $row (i32.add (local.get $row) (i32.shl (local.get $stride) (i32.const 2))))
        (br $fours)))
    (local.get $hits)))
