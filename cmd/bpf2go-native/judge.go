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

// judge verifies one program, whose runs have a budget of fuel instructions, or
// none when it is 0. The facts are nil unless it is accepted.
func judge(obj *frontend.Object, p *frontend.Program, fuel uint64) (*verifier.Facts, verdict) {
	v := verdict{Name: p.Name, Section: p.Section, Verdict: accept, Insns: len(p.Insns), Instruction: -1}
	if p.Hook != nil {
		v.Type = p.Hook.Name
	}
	v.at(p, 0)
	if p.Err != nil {
		v.notLoaded(p)
		return nil, v
	}
	var stats verifier.Stats
	start := time.Now()
	facts, err := verify(obj, p, verifier.Options{Stats: &stats, Fuel: fuel})
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

// verify runs the verifier. A panic in it is a defect of ours; the program is
// refused then, and others are not concerned.
func verify(obj *frontend.Object, p *frontend.Program, opt verifier.Options) (facts *verifier.Facts, err error) {
	defer func() {
		if r := recover(); r != nil {
			facts, err = nil, &verifier.Error{
				Code: reason.Internal, Cause: fmt.Sprintf("the verifier failed, which is a defect of it: %v", r),
				Program: p.Name, Section: p.Section, Slot: -1,
			}
		}
	}()
	return verifier.Verify(obj, p, opt)
}

// at sets the place of the verdict: an accepted program's is its first line.
func (v *verdict) at(p *frontend.Program, slot int) {
	if slot < len(p.Lines) {
		v.File, v.Line = p.Lines[slot].Pos.File, p.Lines[slot].Pos.Line
	}
}

// notLoaded is the verdict on a program that the loader could not make sense
// of.
func (v *verdict) notLoaded(p *frontend.Program) {
	v.Verdict, v.Reason, v.Message, v.Instruction = reject, string(reason.BadObject), p.Err.Error(), p.ErrSlot
	var insn *bpf.InsnError
	switch {
	case errors.Is(p.Err, bpf.ErrUnsupported):
		v.Verdict, v.Reason = unsupported, string(reason.Unsupported)
	case errors.As(p.Err, &insn):
		v.Reason = string(reason.BadInsn)
	}
	where := ""
	if p.ErrSlot >= 0 {
		v.at(p, p.ErrSlot)
		if v.File != "" {
			where = fmt.Sprintf("%s:%d: ", v.File, v.Line)
		}
	}
	v.report = fmt.Sprintf("%serror[%s]: section %s: program %s: %s", where, v.Reason, p.Section, p.Name, v.Message)
}
