package linear

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/maps/drive"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

var (
	rounds = flag.Int("rounds", 0, "histories of each kind, 0 for a few")
	seed   = flag.Uint64("seed", 1, "seed of the first history")
)

// hand is a goroutine's use of a map.
type hand struct {
	*drive.Hand
	spec  model.Spec
	cpu   int
	slots []int // of all hands
}

// codes are the operations of hosts and of programs.
var codes = map[Kind][2]model.Code{
	Read: {model.Lookup, model.ProgLookup}, Write: {model.Update, model.ProgUpdate}, Remove: {model.Delete, model.ProgDelete},
	Take: {model.Take}, Push: {model.Update, model.ProgPush}, Pop: {model.Take, model.ProgPop}, Peek: {model.Lookup, model.ProgPeek},
}

// Do implements User.
func (h *hand) Do(element int, o Op) (Op, error) {
	op := model.Op{Code: codes[o.Kind][0], Flags: o.Flags}
	if o.CPU >= 0 {
		o.CPU, op.Code = h.cpu, codes[o.Kind][1]
	}
	if !h.spec.Keyless() {
		op.Key = h.key(element)
	}
	switch {
	case o.Kind != Write && o.Kind != Push:
	case h.spec.PerCPU() && o.CPU < 0:
		op.Value = make([]byte, h.spec.HostSize())
		for _, slot := range h.slots {
			copy(op.Value[slot*h.spec.Step():], Fill(o.Value, int(h.spec.ValueSize)))
		}
	default:
		op.Value = Fill(o.Value, int(h.spec.ValueSize))
	}
	got, err := h.Hand.Do(op)
	if err != nil {
		return o, err
	}
	o.Errno = got.Errno
	if o.CPU >= 0 {
		o.Errno = errno(op.Code, got)
	}
	if got.Value != nil && o.Errno == 0 {
		err = h.number(got.Value, &o)
	}
	return o, err
}

// errno is a host's errno for what a helper returned.
func errno(c model.Code, r model.Result) bpf.Errno {
	switch {
	case c == model.ProgLookup && r.R0 == 0:
		return bpf.ENOENT
	case c == model.ProgLookup:
		return 0
	}
	return bpf.Errno(-r.R0)
}

func (h *hand) key(element int) []byte {
	switch {
	case h.spec.KeySize == 4:
		return binary.LittleEndian.AppendUint32(nil, uint32(element))
	case h.spec.Type == bpf.MapLPMTrie: // prefixes of full length
		k := binary.LittleEndian.AppendUint32(nil, 8*(h.spec.KeySize-4))
		return append(k, model.Key(element, int(h.spec.KeySize)-4)...)
	}
	return model.Key(element, int(h.spec.KeySize))
}

// number puts the number of a value into the operation; hosts see those of all
// CPUs.
func (h *hand) number(v []byte, o *Op) (err error) {
	if o.CPU >= 0 || !h.spec.PerCPU() {
		o.Value, err = Number(v)
		return err
	}
	for k, slot := range h.slots {
		if o.Values[k], err = Number(v[slot*h.spec.Step():][:h.spec.ValueSize]); err != nil {
			return err
		}
	}
	return nil
}

// TestHistories lets goroutines use maps of every type, as hosts and as
// programs, and explains what they saw.
func TestHistories(t *testing.T) {
	for name, typ := range drive.Types {
		for _, goroutines := range []int{2, maxSlots} {
			t.Run(fmt.Sprintf("%s/%d", name, goroutines), func(t *testing.T) {
				n := *rounds
				if n == 0 {
					n = 4
				}
				for k := range n {
					histories(t, typ, goroutines, *seed+uint64(k))
				}
			})
		}
	}
}

// histories is one round.
func histories(t *testing.T, typ bpf.MapType, goroutines int, seed uint64) {
	s := model.Spec{Type: typ, KeySize: 8, ValueSize: 24, MaxEntries: 64, CPUs: rtlib.PossibleCPU()}
	l := Load{Elements: 3, Ops: 600, Seed: seed, Kinds: []Kind{Read, Read, Read, Write, Write, Remove, Take}, HostOnly: map[Kind]bool{Take: true},
		Flags: []uint64{0, 0, bpf.UpdateNoExist, bpf.UpdateExist}}
	var found func([]Call[Op]) error
	switch {
	case s.Bloom(), s.Ring():
		return // no order, and that of producers: test/maps/model, test/maps/soak
	case s.Keyless():
		s.KeySize, s.ValueSize, s.MaxEntries = 0, 1, 3
		l.Elements, l.Kinds, l.HostOnly = 1, []Kind{Push, Push, Pop, Pop, Peek}, nil
		found = func(calls []Call[Op]) error { return Check("", Queue(3, typ == bpf.MapStack), calls) }
	case s.Slots():
		s.ValueSize = 1
		l.Kinds, l.Few, l.HostOnly = []Kind{Read, Read, Write, Remove}, model.Pieces, map[Kind]bool{Write: true, Remove: true}
		if typ != bpf.MapHashOfMaps {
			s.KeySize, l.Flags = 4, []uint64{0}
			l.HostOnly[Read] = typ == bpf.MapProgArray
		}
	case s.Array():
		// Elements always exist, and are written in place: a word is whole.
		s.KeySize, s.ValueSize = 4, 8
		l.Kinds, l.Flags = []Kind{Read, Write}, []uint64{0, bpf.UpdateExist}
	case typ == bpf.MapLPMTrie:
		s.Flags = bpf.FlagNoPrealloc
		l.Kinds = []Kind{Read, Read, Read, Write, Write, Remove}
	}
	switch {
	case found != nil:
	case s.PerCPU():
		s.ValueSize = 8 // written in place by each CPU
		// A program's update of its own value takes no lock, so a host that
		// takes the key may miss it, as one may that a program makes through
		// the address.
		l.Kinds = slices.DeleteFunc(l.Kinds, func(k Kind) bool { return k == Take })
		found = func(calls []Call[Op]) (err error) {
			for cpu := range goroutines {
				err = errors.Join(err, Check(Element{There: s.Array()}, PerCPU(cpu), calls))
			}
			return err
		}
	default:
		found = func(calls []Call[Op]) error { return Check(Element{There: s.Array()}, Keyed, calls) }
	}
	n, err := drive.New(s)
	if err != nil {
		t.Fatalf("%v: %v", s, err)
	}
	defer func() { _ = n.Close() }()
	users, done := hands(t, n, goroutines)
	defer done()
	elements, err := Record(users, l)
	if err != nil {
		t.Fatalf("%v, seed %d: %v", s, seed, err)
	}
	for _, calls := range elements {
		if err := found(calls); err != nil {
			t.Errorf("%v, seed %d: %v", s, seed, err)
		}
	}
}

// hands are users with a Frame each, and what closes the Frames.
func hands(t *testing.T, n *drive.Native, goroutines int) (users []User, done func()) {
	var slots []int
	var list []*hand
	done = func() {
		for _, h := range list {
			_ = h.Close()
		}
	}
	for k := range goroutines {
		h, err := n.Hand()
		if err != nil {
			t.Fatal(err)
		}
		slots = append(slots, h.Slot())
		list = append(list, &hand{Hand: h, spec: n.Spec, cpu: k})
	}
	for _, h := range list {
		h.slots = slots
		users = append(users, h)
	}
	return users, done
}

// racy is a map of one element in which a write is a removal and an insertion,
// between which the others come.
type racy struct {
	broken
	reads atomic.Int64
}

// Do implements User.
func (r *racy) Do(_ int, o Op) (Op, error) {
	switch o.Kind {
	case Read:
		r.mu.Lock()
		e := r.e
		r.mu.Unlock()
		r.reads.Add(1)
		if o.Value = e.Value; !e.There {
			o.Errno = bpf.ENOENT
		}
	case Write:
		r.change(Element{})
		before := r.reads.Load()
		for k := 0; k < 1000 && r.reads.Load() == before; k++ {
			runtime.Gosched()
		}
		r.change(Element{true, o.Value})
	}
	return o, nil
}

// TestFindsRacy: what TestHistories does finds the map above.
func TestFindsRacy(t *testing.T) {
	deadline := time.Now().Add(time.Minute)
	for n := uint64(0); time.Now().Before(deadline); n++ {
		b := new(racy)
		elements, err := Record([]User{b, b}, Load{Elements: 1, Ops: 300, Seed: n, Kinds: []Kind{Read, Write}, Flags: []uint64{0}})
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(Element{}, Keyed, elements[0]); err != nil {
			return
		}
	}
	t.Error("a minute of histories of a map whose writes are not one step is explained")
}
