//go:build !(linux && amd64)

package differential

import (
	"errors"

	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// local is machine code in this process, which there is on linux/amd64 only.
type local struct{ proven bool }

func newLocal() (*local, error) { return nil, nil }

func (l *local) close() error { return nil }

func hasV3() bool { return false }

func (l *local) runV3(b *built) (harness.Result, error) { return l.run(b) }

func (l *local) run(*built) (r harness.Result, err error) {
	return r, errors.New("machine code runs in this process on linux/amd64 only")
}
