package differential

import (
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// waiver names the rule by which the kernel may differ from the interpreter on
// a case, "" when it may not.
func waiver(*progen.Case, harness.Result, harness.Result) string { return "" }
