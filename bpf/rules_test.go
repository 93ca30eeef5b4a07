package bpf

import "testing"

func TestHelperResult(t *testing.T) {
	for _, c := range []struct {
		platform Platform
		err      Errno
		want     int64
	}{
		{Linux, ENOENT, -2}, {Linux, E2BIG, -7}, {Linux, EEXIST, -17}, {Linux, EINVAL, -22},
		{Windows, ENOENT, -19}, {Windows, E2BIG, -29}, {Windows, EEXIST, -8}, {Windows, EINVAL, -6}, {Windows, EAGAIN, -11},
	} {
		if got := int64(RulesOf(c.platform).HelperResult(c.err)); got != c.want {
			t.Errorf("%v: %v: got %d, want %d", c.platform, c.err, got, c.want)
		}
	}
}

func TestRulesDiffer(t *testing.T) {
	l, w := RulesOf(Linux), RulesOf(Windows)
	if l.ArrayDeleteZeroes || !w.ArrayDeleteZeroes {
		t.Error("deleting an array element zeroes it on Windows and is an error on Linux")
	}
	if l.ArrayNoExist != EEXIST || w.ArrayNoExist != EINVAL {
		t.Errorf("NOEXIST on an array: %v and %v", l.ArrayNoExist, w.ArrayNoExist)
	}
	if l.ArrayUpdateBounds != E2BIG || w.ArrayUpdateBounds != EINVAL {
		t.Errorf("update out of bounds: %v and %v", l.ArrayUpdateBounds, w.ArrayUpdateBounds)
	}
	if EINVAL.Error() != "EINVAL" || Errno(99).Error() != "errno 99" {
		t.Errorf("names: %v, %v", EINVAL, Errno(99))
	}
}
