package verifier

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// advice is what is known when a suggestion is made.
type advice struct {
	v   *verification
	env *transfer.Env
	e   *Error
	f   *transfer.Fault
	r   *replayed
	idx *index // the variable number in the address, or the number at fault
	// made is where the value was made, as a step of the path; -1 when that is
	// not known.
	made int
}

// advise completes Need and Fix by what the C source says. Where it says
// nothing they stay as they are.
func (a *advice) advise() {
	switch a.f.Code {
	case reason.MayBeNull:
		a.null()
	case reason.PacketBounds:
		a.packet()
	case reason.MapBounds, reason.MemBounds, reason.StackBounds:
		if !a.argument() {
			a.element()
		}
	case reason.PtrArith:
		a.element()
	case reason.BadSize:
		a.size()
	case reason.NotPointer, reason.BadArg:
		a.number()
	case reason.InfiniteLoop, reason.TooManyInsns:
		a.e.Fix = "for (i = 0; i < MAX; i++) { ... }   /* with a constant MAX */"
	case reason.UsedAfterRelease:
		a.gone()
	case reason.NotReleased, reason.BadLock:
		a.held()
	case reason.BadHelper:
		a.sibling()
	case reason.Unsupported:
		if a.e.Need == "" {
			a.e.Need = "docs/tables.md lists what is supported"
		}
	}
	if a.f.Check != "" && a.e.Fix == "" {
		a.e.Fix = fmt.Sprintf("if (%s) %s", a.f.Check, a.leave())
	}
}

// leave is the statement that ends the program early in the mildest way.
func (a *advice) leave() string {
	if a.e.Function != "" {
		return "return 0;"
	}
	switch a.v.p.Hook.Name {
	case "xdp":
		return "return XDP_PASS;"
	case "sched_cls", "sched_act":
		return "return TC_ACT_OK;"
	case "cgroup_skb", "cgroup_sock", "cgroup_sock_addr", "sk_lookup", "sk_msg":
		return "return 1;"
	}
	return "return 0;"
}

// null: a pointer that may be NULL.
func (a *advice) null() {
	name := "value"
	if len(a.e.Registers) > 0 && a.e.Registers[0].Made != nil {
		if s := assignedAt(a.e.Registers[0].Made); s != "" {
			name = s
		}
	}
	a.e.Need = fmt.Sprintf("no branch tests %s for NULL before line %d", name, a.e.Pos.Line)
	if a.e.Pos.Line == 0 {
		a.e.Need = "no branch tests the value for NULL"
	}
	a.e.Fix = fmt.Sprintf("if (!%s) %s", name, a.leave())
}

// packet: an access beyond what was compared.
func (a *advice) packet() {
	if a.env.Hook.Memory {
		return
	}
	end := a.v.variable(endVariable(), "data_end")
	a.e.Need = strings.ReplaceAll(a.e.Need, "data_end", end)
	if a.idx == nil {
		if a.again() && a.f.Check != "" {
			a.e.Need = fmt.Sprintf("the loop gets to %s: compare the end of each access with %s in the loop", strings.TrimPrefix(strings.SplitN(a.f.Need, ":", 2)[0], "needs "), end)
			if m := element().FindString(a.e.Source); m != "" {
				a.e.Fix = fmt.Sprintf("if ((void *)(&%s + 1) > (void *)%s) break;", m, end)
			}
			a.f.Check = ""
			return
		}
		data := a.v.variable(dataVariable(), "data")
		if data != "data" && a.f.Check != "" {
			check := strings.Replace(strings.Replace(a.f.Check, "data +", data+" +", 1), "> data_end", "> "+end, 1)
			a.e.Need = strings.Replace(a.e.Need, "compare data +", "compare "+data+" +", 1)
			a.e.Fix = fmt.Sprintf("if (%s) %s", check, a.leave())
		} else if a.f.Check != "" {
			a.e.Fix = fmt.Sprintf("if (%s) %s", strings.Replace(a.f.Check, "> data_end", "> "+end, 1), a.leave())
		}
		return
	}
	name := a.name()
	if name == "" {
		name = "the offset"
	}
	a.e.Need = fmt.Sprintf("%s is %s: what was compared with %s does not cover it; compare the end of this access, offset included",
		name, transfer.Words(a.env, &a.idx.value), end)
	if m := element().FindString(a.e.Source); m != "" {
		a.e.Fix = fmt.Sprintf("if ((void *)(&%s + 1) > (void *)%s) %s", m, end, a.leave())
	}
}

// again reports whether the path met the refused instruction before.
func (a *advice) again() bool {
	visits := 0
	for _, s := range a.r.path {
		if s.PC == a.f.PC {
			visits++
		}
	}
	return visits > 1
}

// element: a variable index that is not bounded enough.
func (a *advice) element() {
	if p := a.pointer(); a.f.Code == reason.MapBounds && p.Kind == state.PtrMapValue && a.v.mapOf(p).Data != nil {
		a.e.Cause = "access beyond " + a.v.mapOf(p).Name
	}
	if a.idx == nil {
		return
	}
	name := a.name()
	fixed := name != ""
	if !fixed {
		name = "the index"
	}
	n := &a.idx.value
	words := transfer.Words(a.env, n)
	if p := a.pointer(); p.Kind == state.PtrStack {
		a.e.Need = fmt.Sprintf("%s is %s here: test it against the length of the array", name, words)
		if m := element().FindStringSubmatch(a.e.Source); m != nil && fixed {
			a.e.Fix = fmt.Sprintf("if (%s >= sizeof(%s) / sizeof(%s[0])) %s", name, m[1], m[1], a.leave())
		}
		return
	}
	last, ok := a.last()
	if !ok {
		return
	}
	a.e.Need = fmt.Sprintf("%s is %s here, 0 to %d fit: test it first", name, words, last)
	if !fixed {
		return
	}
	test := fmt.Sprintf("%s > %d", name, last)
	if n.S.R.Smin < 0 {
		test = fmt.Sprintf("%s < 0 || %s", name, test)
	}
	a.e.Fix = fmt.Sprintf("if (%s) %s", test, a.leave())
}

// pointer is the address at fault, or the one that the number at fault is
// added to.
func (a *advice) pointer() *state.Value {
	if a.f.Value.IsPtr() || a.r.last == nil {
		return &a.f.Value
	}
	if in := &a.v.p.Insns[a.f.PC]; in.Dst < bpf.R10 {
		return a.r.last.Reg(in.Dst)
	}
	return &a.f.Value
}

// last is the largest index whose element lies within the memory.
func (a *advice) last() (int64, bool) {
	p := a.pointer()
	var size int64
	switch p.Kind {
	case state.PtrMapValue:
		size = int64(a.v.mapOf(p).ValueSize)
	case state.PtrMem:
		size = int64(p.Size)
	default:
		return 0, false
	}
	in, n := &a.v.p.Insns[a.f.PC], &a.idx.value
	scale, width, from := a.idx.scale, a.idx.scale, p.Off
	if lo, hi, ok := p.SpanOf(); ok && a.f.Value.IsPtr() {
		if lo == hi || n.S.R.Umax > 1<<32 {
			return 0, false
		}
		from = hi - int64(n.S.R.Umax)*scale + int64(in.Off)
		width = int64(in.Width)
	}
	if scale <= 0 || from < 0 || size-width-from < 0 {
		return 0, false
	}
	return (size - width - from) / scale, true
}

// name is the C variable of the index, "" when the source does not say it.
func (a *advice) name() string {
	if m := element().FindAllStringSubmatch(a.e.Source, -1); len(m) == 1 && identifier().MatchString(m[0][2]) {
		return m[0][2]
	}
	if len(a.e.Registers) > 0 {
		if m := a.e.Registers[len(a.e.Registers)-1].Made; m != nil {
			return assignedAt(m)
		}
	}
	return ""
}

// argument: memory that a helper is given is too short for what it wants of a
// map. It reports whether that is what is wrong.
func (a *advice) argument() bool {
	h, i := a.helper(a.f.PC), int(a.f.Reg)-int(bpf.R1)
	if h == nil || i < 0 || i >= len(h.Args) || a.r.last == nil {
		return a.v.p.Insns[a.f.PC].Op == bpf.OpCall
	}
	var size uint32
	what := ""
	var typ *frontend.Type
	for k, kind := range h.Args {
		if m := a.r.last.Reg(bpf.R1 + bpf.Reg(k)); kind == table.ArgMap && m.Kind == state.ConstMap {
			d := a.v.mapOf(m)
			switch h.Args[i] {
			case table.ArgKey:
				size, what, typ = d.KeySize, "keys of "+d.Name, d.Key
			case table.ArgValue, table.ArgValueOrNull, table.ArgValueOut:
				size, what, typ = d.ValueSize, "values of "+d.Name, d.Value
			}
		}
	}
	if what == "" {
		return true
	}
	verb, name := "reads", "variable"
	if h.Args[i] == table.ArgValueOut {
		verb = "writes"
	}
	a.e.Cause = fmt.Sprintf("bpf_%s %s %d bytes, more than argument %d points to", h.Name, verb, size, i+1)
	if args := arguments(a.e.Source); i < len(args) && strings.HasPrefix(args[i], "&") && identifier().MatchString(args[i][1:]) {
		name = args[i][1:]
	}
	if typ != nil && typ.Kind == frontend.KindStruct && typ.Name != "" {
		a.e.Fix = fmt.Sprintf("struct %s %s = {};   /* then its members */", typ.Name, name)
	}
	a.e.Need = fmt.Sprintf("%s have %d bytes: pass the address of a variable of that size", what, size)
	if lo, _, ok := a.f.Value.SpanOf(); ok && a.f.Code == reason.StackBounds && lo > -int64(size) {
		a.e.Need = fmt.Sprintf("%s have %d bytes, what is passed has at most %d: pass a variable of %d bytes", what, size, -lo, size)
	}
	return true
}

// size: a size argument without bounds.
func (a *advice) size() {
	i := int(a.f.Reg) - int(bpf.R1)
	args := arguments(a.e.Source)
	if i < 1 || i >= len(args) || !identifier().MatchString(args[i]) || a.f.Value.Kind != state.Scalar {
		return
	}
	name, buffer := args[i], args[i-1]
	n := &a.f.Value.S
	a.e.Need = fmt.Sprintf("%s has to be at least 1 and at most the size of the buffer", name)
	if !identifier().MatchString(buffer) {
		return
	}
	a.e.Need = fmt.Sprintf("%s has to be at least 1 and at most the size of %s", name, buffer)
	test := fmt.Sprintf("%s > sizeof(%s)", name, buffer)
	if n.R.Umin == 0 || n.R.Smin < 1 {
		test = fmt.Sprintf("%s < 1 || %s", name, test)
	}
	a.e.Fix = fmt.Sprintf("if (%s) %s", test, a.leave())
}

// number: a number is used as an address. What made it one is told: a call
// that moved the packet, or memory that it was read from.
func (a *advice) number() {
	a.mapType()
	switch {
	case a.f.Code == reason.NotPointer && a.f.Value.Kind == state.PtrPacketEnd:
		a.e.Need = "data_end is there to be compared with; read the packet by pointers that come from data"
	case a.f.Code == reason.NotPointer && a.f.Value.Kind == state.ConstMap:
		a.e.Need = "values of maps are found with bpf_map_lookup_elem"
	}
	if a.f.Value.Kind != state.Scalar || a.made < 0 {
		return
	}
	made := a.r.path[a.made].PC
	if now := a.r.at(a.made); now != nil && now.after.IsPtr() {
		a.lost()
		return
	}
	if a.f.Code != reason.NotPointer || table.OpOf(a.v.p.Insns[made].Op).Class != table.ClassLoad {
		return
	}
	a.e.Cause = fmt.Sprintf("%s is a number that was read from memory, not an address that is known", a.f.Reg)
	a.e.Need = "only pointers that the context, maps and helpers give can be followed"
	if h := table.HelperByName(a.env.Platform, "probe_read_kernel"); h != nil && h.Offered(a.env.Hook) {
		a.e.Need += ": copy what it points to with bpf_probe_read_kernel or bpf_probe_read_user"
		if m := arrow().FindStringSubmatch(a.e.Source); m != nil {
			a.e.Fix = fmt.Sprintf("bpf_probe_read_kernel(&copy, sizeof(copy), &%s->%s);   /* then use copy */", m[1], m[2])
		}
	}
}

// lost: the register held a pointer until a call made a number of it.
func (a *advice) lost() {
	for i := a.made + 1; i < len(a.r.path)-1; i++ {
		h := a.helper(a.r.path[i].PC)
		if h == nil || !h.InvalidatesPacket {
			continue
		}
		l := a.v.line(a.r.path[i].PC)
		a.e.Cause = fmt.Sprintf("%s points into the packet as it was before bpf_%s", a.f.Reg, h.Name)
		a.e.Held = &Made{Slot: a.r.path[i].PC, Pos: l.Pos, Source: l.Text, Name: "the packet may move", Value: "here"}
		a.e.Need = fmt.Sprintf("bpf_%s ends all pointers into the packet: read data and data_end again and compare them again", h.Name)
		data := a.v.variable(dataVariable(), "data")
		a.e.Fix = fmt.Sprintf("%s = (void *)(long)ctx->data; %s = (void *)(long)ctx->data_end;   /* after the call */", data, a.v.variable(endVariable(), "data_end"))
		return
	}
}

// held: what is acquired has to be given back before the path ends.
func (a *advice) held() {
	if a.e.Held == nil || a.e.Held.Pos.Line == 0 {
		return
	}
	name := assignedAt(a.e.Held)
	if args := arguments(a.e.Held.Source); name == "" && len(args) > 0 {
		name = args[len(args)-1]
	}
	if name == "" {
		return
	}
	for _, end := range releases() {
		if strings.Contains(a.e.Held.Source, end.begin) {
			a.e.Fix = fmt.Sprintf(end.end, name) + a.before()
		}
	}
}

// before says where on the path a line is missing.
func (a *advice) before() string {
	for i := len(a.e.Path) - 1; i >= 0; i-- {
		if n := a.e.Path[i].Pos.Line; n != 0 && n != a.e.Pos.Line && n != a.e.Held.Pos.Line {
			return fmt.Sprintf("   /* before the return that line %d leads to */", n)
		}
	}
	return "   /* before this return */"
}

// gone: the object was given back on the path.
func (a *advice) gone() {
	if a.made < 0 {
		return
	}
	for i := len(a.r.path) - 2; i > a.made; i-- {
		h := a.helper(a.r.path[i].PC)
		if h == nil || !ends(h) {
			continue
		}
		l := a.v.line(a.r.path[i].PC)
		a.e.Held = &Made{Slot: a.r.path[i].PC, Pos: l.Pos, Source: l.Text, Name: "given back", Value: "here"}
		name := "the pointer"
		if m := a.e.Registers[0].Made; m != nil && assignedAt(m) != "" {
			name = assignedAt(m)
		}
		a.e.Cause = fmt.Sprintf("%s is used after bpf_%s gave it back", name, h.Name)
		a.e.Need = fmt.Sprintf("use %s before bpf_%s only", name, h.Name)
		return
	}
}

// ends reports whether a helper gives back what it is passed.
func ends(h *table.Helper) bool {
	return h.Releases != 0 || slices.Contains(h.Args, table.ArgRecord) || slices.Contains(h.Args, table.ArgDynptrRingbuf)
}

// helper is the row of the helper that the instruction at a slot calls.
func (a *advice) helper(pc int) *table.Helper {
	if in := &a.v.p.Insns[pc]; in.Op == bpf.OpCall && in.Kind == bpf.KindHelper {
		return table.HelperByID(a.env.Platform, int32(in.Imm))
	}
	return nil
}

// sibling: a helper for other programs; packets of sk_buff have one, those of
// XDP another.
func (a *advice) sibling() {
	h := a.helper(a.f.PC)
	if h == nil || h.Offered(a.env.Hook) {
		return
	}
	for _, pair := range [][2]string{{"skb_", "xdp_"}, {"xdp_", "skb_"}} {
		if rest, ok := strings.CutPrefix(h.Name, pair[0]); ok {
			if other := table.HelperByName(a.env.Platform, pair[1]+rest); other != nil && other.Offered(a.env.Hook) {
				a.e.Need = fmt.Sprintf("%s programs have bpf_%s for this", a.env.Hook.Name, other.Name)
			}
		}
	}
}

// mapType: a helper takes maps of some types only.
func (a *advice) mapType() {
	h := a.helper(a.f.PC)
	if a.f.Value.Kind != state.ConstMap || h == nil || len(h.Maps) == 0 || slices.Contains(h.Maps, a.v.mapOf(&a.f.Value).Type) {
		return
	}
	var names []string
	for _, t := range h.Maps {
		if row := table.MapTypeOf(t); row != nil {
			names = append(names, row.Name)
		}
	}
	a.e.Need = fmt.Sprintf("bpf_%s takes maps of type %s", h.Name, strings.Join(names, ", "))
}

// releases says what ends what a call began.
func releases() []struct{ begin, end string } {
	return []struct{ begin, end string }{
		{"bpf_ringbuf_reserve(", "bpf_ringbuf_discard(%s, 0);"},
		{"bpf_ringbuf_reserve_dynptr(", "bpf_ringbuf_discard_dynptr(%s, 0);"},
		{"bpf_sk_lookup_tcp(", "if (%[1]s) bpf_sk_release(%[1]s);"},
		{"bpf_sk_lookup_udp(", "if (%[1]s) bpf_sk_release(%[1]s);"},
		{"bpf_skc_lookup_tcp(", "if (%[1]s) bpf_sk_release(%[1]s);"},
		{"bpf_spin_lock(", "bpf_spin_unlock(%s);"},
	}
}

// mapOf is the map of a value: of an inner map what the outer one says.
func (v *verification) mapOf(p *state.Value) *frontend.Map {
	d := v.obj.Maps[p.Map]
	if p.Flags&state.Inner != 0 && d.Inner != nil {
		return d.Inner
	}
	return d
}
