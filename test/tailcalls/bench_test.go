package tailcalls

import (
	"errors"
	"testing"
)

// BenchmarkTailCall is the time of a run with one tail call, which is refused or
// leads to a program of the instance, of another or of another package; then of
// one of the 33 calls of a run.
func BenchmarkTailCall(b *testing.B) {
	x, y, s := loadFirst(b), loadFirst(b), loadSecond(b)
	put(b, x.Jumps, 0, y.Forward)
	put(b, y.Jumps, 0, x.Forward)
	put(b, x.Jumps, 3, s.Relay)
	put(b, x.Jumps, 4, x.Land)
	put(b, x.Jumps, 5, y.Land)
	put(b, x.Jumps, 6, s.Land)
	put(b, s.Back, 5, x.Forward)
	frame, err := x.Forward.NewFrame()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = frame.Close() }()
	forever, errForever := x.BindForever(frame)
	forward, errForward := x.BindForward(frame)
	if err := errors.Join(errForever, errForward); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		calls  int
		packet []byte
		want   uint32
		run    func([]byte) (uint32, error)
	}{
		{"refused", 1, []byte{7}, 1007, func(p []byte) (uint32, error) { return forward.Packet(p).Run() }},
		{"one", 1, []byte{4}, 11, func(p []byte) (uint32, error) { return forward.Packet(p).Run() }},
		{"one-instance", 1, []byte{5}, 11, func(p []byte) (uint32, error) { return forward.Packet(p).Run() }},
		{"one-package", 1, []byte{6}, 22, func(p []byte) (uint32, error) { return forward.Packet(p).Run() }},
		{"itself", 33, nil, 7, func(p []byte) (uint32, error) { return forever.Packet(p).Run() }},
		{"instances", 33, []byte{0}, 1000, func(p []byte) (uint32, error) { return forward.Packet(p).Run() }},
		{"packages", 33, []byte{3, 5}, 3005, func(p []byte) (uint32, error) { return forward.Packet(p).Run() }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for i := 0; i < b.N; i += c.calls {
				if got, err := c.run(c.packet); got != c.want || err != nil {
					b.Fatalf("%d, %v; want %d", got, err, c.want)
				}
			}
		})
	}
}
