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

// TestJudgeMaps: a program whose map can never be made is refused for that, also
// where it would be safe.
func TestJudgeMaps(t *testing.T) {
	p := &frontend.Program{
		Name: "p", Section: "xdp", Hook: table.HookByName(bpf.Linux, "xdp"), ErrSlot: -1,
		Insns: []bpf.Instruction{{Op: bpf.OpLdImm, Kind: bpf.KindMap, Width: 8, Dst: bpf.R1}, {}, {Op: bpf.OpMov, Width: 8, Src: bpf.RegImm, Imm: 2}, {Op: bpf.OpExit}},
		Funcs: []frontend.Func{{Name: "p", End: 4}}, Lines: make([]frontend.Line, 4),
	}
	m := &frontend.Map{Name: "flows", Type: bpf.MapHash, ValueSize: 8, MaxEntries: 4}
	o := &frontend.Object{License: "GPL", Programs: []*frontend.Program{p}, Maps: []*frontend.Map{m}}
	facts, v := judge(o, p, 0)
	if facts != nil || v.Verdict != reject || !strings.Contains(v.report, "section xdp: program p: map flows: map type hash: key_size is 0") {
		t.Errorf("facts %v, verdict %+v\n%s", facts, v, v.report)
	}
	m.KeySize = 4
	if facts, v := judge(o, p, 0); facts == nil {
		t.Errorf("with a key: %+v\n%s", v, v.report)
	}
}
