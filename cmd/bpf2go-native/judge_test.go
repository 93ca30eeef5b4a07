package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// TestJudgePanic: a defect of the verifier is a refusal of one program. There
// is no object here, which no loader does.
func TestJudgePanic(t *testing.T) {
	p := &frontend.Program{Name: "p", Section: "xdp", Hook: table.HookByName(bpf.Linux, "xdp"), ErrSlot: -1}
	facts, v := judge(nil, p, 0)
	if facts != nil || v.Verdict != reject || v.Reason != "V090" || !strings.Contains(v.Message, "a defect of it") {
		t.Errorf("facts %v, verdict %+v", facts, v)
	}
}

// TestJudgeAll: the verdicts stand in the order of the programs, whichever is
// done first.
func TestJudgeAll(t *testing.T) {
	var o frontend.Object
	for i := range 100 {
		o.Programs = append(o.Programs, &frontend.Program{Name: fmt.Sprint(i), Err: fmt.Errorf("error %d: %w", i, bpf.ErrUnsupported), ErrSlot: -1})
	}
	for i, v := range judgeAll(&o, 0) {
		if v.Name != fmt.Sprint(i) || v.Verdict != unsupported || !strings.HasPrefix(v.Message, fmt.Sprintf("error %d", i)) {
			t.Errorf("verdict %d is %+v", i, v)
		}
	}
	if got := judgeAll(new(frontend.Object), 0); len(got) != 0 {
		t.Errorf("verdicts on no programs: %v", got)
	}
}
