package verifier

import (
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/check"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// Proof is a certificate that the checker confirmed.
type Proof struct {
	Env  *transfer.Env
	Cert *check.Certificate
}

// Prove is Verify that returns what was confirmed, the last is what was
// accepted.
func Prove(obj *frontend.Object, p *frontend.Program, opt Options) ([]Proof, error) {
	var l []Proof
	opt.confirmed = func(env *transfer.Env, cert *check.Certificate) {
		e := *env // a later attempt may change it
		l = append(l, Proof{&e, cert})
	}
	_, err := Verify(obj, p, opt)
	return l, err
}
