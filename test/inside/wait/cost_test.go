package wait

import "testing"

// BenchmarkLook is a loop of one multiplication and one addition: with a look
// at the scheduler, without, and the compiler's. The numbers are ns for a
// thousand times.
func BenchmarkLook(b *testing.B) {
	inst, f := load(b, &nativeObject)
	million, mem := inst.Program("million"), make([]byte, 16)
	per := func(b *testing.B, run func()) {
		n := 0
		for b.Loop() {
			run()
			n++
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n)/1000, "ns/1000")
	}
	b.Run("native", func(b *testing.B) { per(b, func() { _, _ = f.RunRaw(million, mem) }) })
	if machine {
		b.Run("blind", func(b *testing.B) { per(b, func() { blindly(1_000_000) }) })
	}
	x := uint64(1)
	b.Run("go", func(b *testing.B) {
		per(b, func() {
			for range 1_000_000 {
				x = x*6364136223846793005 + 1
			}
		})
	})
}
