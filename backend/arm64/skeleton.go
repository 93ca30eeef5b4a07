package arm64

import (
	"errors"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

func ops() []backend.OpInfo { return make([]backend.OpInfo, backend.FirstTargetOp) }

// lowering has no operation yet: every value is an error that names it.
func lowering() [ir.NumOps]func(*backend.Lower, *ir.Value) {
	var t [ir.NumOps]func(*backend.Lower, *ir.Value)
	for i := range t {
		t[i] = func(l *backend.Lower, v *ir.Value) { l.Fail(v, "has no lowering for arm64 yet") }
	}
	return t
}

func lea(l *backend.Lower, dst backend.Reg, a backend.Addr)       {}
func loadWord(l *backend.Lower, dst backend.Reg, a backend.Addr)  {}
func storeWord(l *backend.Lower, src backend.Reg, a backend.Addr) {}
func storeValue(l *backend.Lower, v *ir.Value, a backend.Addr)    {}
func zero(l *backend.Lower, a backend.Addr, n int)                {}
func countDown(l *backend.Lower, slot int)                        {}
func branchIf(l *backend.Lower, cond *ir.Value)                   { l.Fail(cond, "has no branch for arm64 yet") }
func assemble(f *backend.Func, code []backend.Line) (*backend.Encoded, error) {
	return nil, errors.New("arm64 has no encoder yet")
}
