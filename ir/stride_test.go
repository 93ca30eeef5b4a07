package ir

import "testing"

// What the pass must leave alone.
func TestStrideRefuses(t *testing.T) {
	for name, loop := range map[string]string{
		// Without a proof that i + 1 does not wrap: i may begin anywhere,
		"begin": "v2 = add64 v1, 1\n\tv3 = ult64 v1, 9\n\tif v3 b1(v2) else b2",
		// or the branch bounds it from below only.
		"other side": "v2 = add64 v1, 1\n\tv3 = ult64 v1, 9\n\tif v3 b2 else b1(v2)",
		// The number itself is wanted behind the addition,
		"number": "v2 = add64 v1, 1\n\tv4 = mul64 v1, 7\n\tv3 = ult64 v4, 9\n\tif v3 b1(v2) else b2",
		// an address as a number,
		"address": "v2 = add64 v1, 1\n\tv4 = add64 v1, v0\n\tv3 = ult64 v4, 9\n\tif v3 b1(v2) else b2",
		// or i in front of it only.
		"front": "v3 = ult64 v1, 9\n\tv2 = add64 v1, 1\n\tif v3 b1(v2) else b2",
	} {
		begin := "0"
		if name == "begin" {
			begin = "v0"
		}
		f, err := ParseFunc("func f args=1 {\nb0:\n\tv0 = arg 0\n\tjump b1(" + begin + ")\nb1(v1):\n\t" + loop + "\nb2:\n\tret 0\n}\n")
		if err != nil {
			t.Fatal(name, err)
		}
		if before := f.String(); stride(f) || f.String() != before {
			t.Errorf("%s: changed to\n%s", name, f)
		}
	}
}
