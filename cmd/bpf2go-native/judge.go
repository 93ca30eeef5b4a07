package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
)

// judge verifies one program. The facts are nil unless it is accepted.
func judge(obj *frontend.Object, p *frontend.Program) (*verifier.Facts, verdict) {
	v := verdict{Name: p.Name, Section: p.Section, Type: p.Hook.Name, Verdict: accept, Insns: len(p.Insns), Instruction: -1}
	v.at(p, 0)
	if p.Refused != nil {
		v.refusedByLoader(p)
		return nil, v
	}
	var stats verifier.Stats
	start := time.Now()
	facts, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats})
	v.Microseconds = time.Since(start).Microseconds()
	v.Processed, v.States, v.PeakBytes = stats.Processed, stats.States, stats.Bytes
	if err == nil {
		v.warnings = facts.Warnings
		return facts, v
	}
	v.Verdict, v.Message, v.report = reject, err.Error(), strings.TrimSpace(fmt.Sprintf("%+v", err))
	if errors.Is(err, bpf.ErrUnsupported) {
		v.Verdict = unsupported
	}
	var e *verifier.Error
	if errors.As(err, &e) {
		v.Reason, v.Message, v.Instruction = string(e.Code), e.Cause, e.Slot
		v.File, v.Line = e.Pos.File, e.Pos.Line
	}
	return nil, v
}

// at sets the place of the verdict: an accepted program's is its first line.
func (v *verdict) at(p *frontend.Program, slot int) {
	if slot < len(p.Lines) {
		v.File, v.Line = p.Lines[slot].Pos.File, p.Lines[slot].Pos.Line
	}
}

// refusedByLoader is the verdict on a program that refers to the kernel.
func (v *verdict) refusedByLoader(p *frontend.Program) {
	v.Verdict, v.Reason, v.Message, v.Instruction = unsupported, string(reason.Unsupported), p.Refused.Err.Error(), p.Refused.PC
	v.at(p, p.Refused.PC)
	place := bpf.Pos{File: v.File, Line: v.Line}
	v.report = fmt.Sprintf("%s: error[%s]: program %s: instruction %d: %s", place, v.Reason, p.Name, v.Instruction, v.Message)
}
