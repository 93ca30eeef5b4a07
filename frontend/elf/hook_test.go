package elf

import (
	"strings"
	"testing"
)

// TestMatches checks patterns of sections.
func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, section string
		want             bool
	}{
		{"tc", "tc", true}, {"tc", "tc/ingress", true}, {"tc", "tcx", false}, {"tc/ingress", "tc", false},
		{"classifier*", "classifier_1", true}, {"classifier*", "classifier", true}, {"2/*", "2/7", true}, {"2/*", "22/7", false},
		{"*", "anything/at.all", true}, {"*/ingress", "tc/ingress", true}, {"a*b*c", "a1b2c", true}, {"a*b*c", "a1c", false},
		{"a*a", "a", false},
	} {
		if got := matches(c.pattern, c.section); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.pattern, c.section, got, c.want)
		}
	}
}

// TestProgTypes checks the hook of sections, by name, by what old loaders did
// and by what the user says.
func TestMinLen(t *testing.T) {
	for section, want := range map[string]int{"raw": 0, "raw/64": 64, "raw/header": 0, "raw/0": 0, "raw/2147483648": -1, "raw/12x": -1, "raw/-1": -1, "raw/ 8": -1} {
		hook, err := (&loader{}).hookOf(section)
		switch {
		case want < 0 && err == nil:
			t.Errorf("%s is accepted with %d bytes", section, hook.MinLen)
		case want >= 0 && (err != nil || hook.MinLen != want || hook.Name != "raw"):
			t.Errorf("%s: %+v, %v; want at least %d bytes", section, hook, err, want)
		}
	}
}

func TestProgTypes(t *testing.T) {
	types := map[string]string{"*": "sched_act", "cl*": "sched_cls", "classifier/x": "xdp"}
	for _, c := range []struct {
		section, want string
		types         map[string]string
		beside        string // another section of the object
	}{
		{section: "xdp_prog1", want: "xdp"}, {section: "socket2", want: "socket_filter"}, {section: "classifier_in", want: "sched_cls"},
		{section: "from-container", want: "sched_cls"}, {section: "act", want: "sched_act"}, {section: "?tc", want: "sched_cls"},
		{section: "2/7", want: "", beside: "nonsense"}, {section: "2/7", want: "xdp", beside: "xdp"},
		{section: "nonsense", want: ""}, {section: "kprobefoo", want: ""},
		{section: "nonsense", want: "sched_act", types: types}, {section: "clever", want: "sched_cls", types: types},
		{section: "classifier/x/y", want: "xdp", types: types},
		{section: "clever", want: "sched_cls", types: map[string]string{"clever": "tc"}},
		{section: "clever", want: "sched_cls", types: map[string]string{"clever": "BPF_PROG_TYPE_SCHED_CLS"}},
		{section: "clever", want: "cgroup_skb", types: map[string]string{"clever": "CGroupSKB"}},
		{section: ".text", want: "raw"}, {section: ".text", want: "xdp", types: map[string]string{".text": "xdp"}},
	} {
		b := newBuilder()
		b.pass(c.section)
		if c.beside != "" {
			b.pass(c.beside)
		}
		o, err := Load(b.bytes(), "t.o", Options{ProgTypes: c.types, Assume: true})
		if err != nil {
			t.Errorf("section %s: %v", c.section, err)
			continue
		}
		p, got := o.Programs[0], ""
		if p.Hook != nil {
			got = p.Hook.Name
		}
		if got != c.want || (p.Err == nil) != (c.want != "") {
			t.Errorf("section %s beside %q: type %q, want %q (%v)", c.section, c.beside, got, c.want, p.Err)
		}
		if p.Err != nil && !strings.Contains(p.Err.Error(), "--prog-type "+c.section+"=TYPE") {
			t.Errorf("section %s: %q does not say what to do", c.section, p.Err)
		}
	}
}
