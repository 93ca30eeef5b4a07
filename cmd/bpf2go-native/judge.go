package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/codegen"
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
		v.notLoaded(p, p.Err, p.ErrSlot)
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
	if bad := (*mapError)(nil); errors.As(err, &bad) {
		v.notLoaded(p, bad.error, -1)
		return nil, v
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
	if err := codegen.CheckMaps(obj, p); err != nil {
		return nil, &mapError{err}
	}
	return verifier.Verify(obj, p, opt)
}

// mapError is why one of a program's maps cannot be made.
type mapError struct{ error }

// at sets the place of the verdict: an accepted program's is its first line.
func (v *verdict) at(p *frontend.Program, slot int) {
	if slot < len(p.Lines) {
		v.File, v.Line = p.Lines[slot].Pos.File, p.Lines[slot].Pos.Line
	}
}

// notLoaded is the verdict on a program that no loader could load: it makes no
// sense at a slot, -1 for none, or one of its maps cannot be made.
func (v *verdict) notLoaded(p *frontend.Program, err error, slot int) {
	v.Verdict, v.Reason, v.Message, v.Instruction = reject, string(reason.BadObject), err.Error(), slot
	var insn *bpf.InsnError
	switch {
	case errors.Is(err, bpf.ErrUnsupported):
		v.Verdict, v.Reason = unsupported, string(reason.Unsupported)
	case errors.As(err, &insn):
		v.Reason = string(reason.BadInsn)
	}
	where := ""
	if slot >= 0 {
		v.at(p, slot)
		if v.File != "" {
			where = fmt.Sprintf("%s:%d: ", v.File, v.Line)
		}
	}
	v.report = fmt.Sprintf("%serror[%s]: section %s: program %s: %s", where, v.Reason, p.Section, p.Name, v.Message)
}
