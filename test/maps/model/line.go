package model

import "github.com/bpf2go-native/bpf2go-native/bpf"

// line is QUEUE and STACK: elems[0] is the oldest.
type line struct {
	base
	elems [][]byte
}

// Step implements Model.
func (l *line) Step(op Op, got Result) error {
	if err, done := l.gate(op, got); done {
		return err
	}
	return Differs(l.step(op), got)
}

func (l *line) step(op Op) Result {
	switch op.Code {
	case Update, ProgPush:
		return l.push(op)
	case Lookup, Take, ProgPeek, ProgPop:
		if op.Flags != 0 {
			return l.fails(op, bpf.EINVAL)
		}
		return l.get(op)
	case Count:
		return Result{N: len(l.elems)}
	case Delete, NextKey, Walk:
		return Result{Errno: l.missing(op.Code)}
	}
	return unsupported(&l.base, op)
}

// missing is the error of what needs keys.
func (l *line) missing(c Code) bpf.Errno {
	if c == Delete {
		return bpf.EINVAL
	}
	return l.choose(bpf.EINVAL, bpf.ENOTSUP)
}

func (l *line) push(op Op) Result {
	switch {
	case op.Flags > bpf.UpdateExist, op.Flags == bpf.UpdateNoExist && l.Platform != bpf.Windows:
		return l.fails(op, bpf.EINVAL)
	case len(l.elems) < int(l.MaxEntries):
	case op.Flags == bpf.UpdateExist:
		l.elems = l.elems[1:]
	default:
		return l.fails(op, l.choose(bpf.E2BIG, bpf.ENOSPC))
	}
	l.elems = append(l.elems, append([]byte{}, op.Value...))
	return Result{}
}

func (l *line) get(op Op) Result {
	if len(l.elems) == 0 {
		if op.Code >= ProgLookup && l.Platform == bpf.Windows {
			return Result{R0: -7} // OBJECT_NOT_FOUND
		}
		return l.fails(op, bpf.ENOENT)
	}
	at := 0
	if l.Type == bpf.MapStack {
		at = len(l.elems) - 1
	}
	v := l.elems[at]
	if op.Code == Take || op.Code == ProgPop {
		l.elems = append(l.elems[:at:at], l.elems[at+1:]...)
	}
	return Result{Value: v}
}
