package elf

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// checkPrograms checks that there is a program, and that what Options says of
// sections is about sections that exist.
func (l *loader) checkPrograms() error {
	for _, pattern := range slices.Sorted(maps.Keys(l.opt.ProgTypes)) {
		name := l.opt.ProgTypes[pattern]
		fits := slices.ContainsFunc(l.funcs, func(f *function) bool { return matches(pattern, f.section.Name) })
		switch {
		case l.namedHook(name) == nil:
			return fmt.Errorf("section %s: no program type is named %q; known are %s", pattern, name, l.hookNames())
		case !fits && !l.opt.Assume:
			return fmt.Errorf("prog-type names section %q, in which there is no function%s", pattern, l.sectionHint())
		}
	}
	if slices.ContainsFunc(l.funcs, l.entry) {
		return nil
	}
	return errors.New("no program: put SEC(\"xdp\") or the section of another program type before a function that is not static")
}

// sectionHint lists the sections with functions, for messages.
func (l *loader) sectionHint() string {
	var names []string
	for _, f := range l.funcs {
		if !slices.Contains(names, f.section.Name) {
			names = append(names, f.section.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; the object has " + strings.Join(names, ", ")
}

// progType returns the hook that ProgTypes names for a section and whether it
// names one.
func (o *Options) progType(section string) (string, bool) {
	best, name := "", ""
	for _, pattern := range slices.Sorted(maps.Keys(o.ProgTypes)) {
		if matches(pattern, section) && len(pattern) >= len(best) {
			best, name = pattern, o.ProgTypes[pattern]
		}
	}
	return name, name != ""
}

// matches reports whether a pattern of ProgTypes stands for a section.
func matches(pattern, section string) bool {
	if !strings.Contains(pattern, "*") {
		rest, found := strings.CutPrefix(section, pattern)
		return found && (rest == "" || rest[0] == '/')
	}
	parts := strings.Split(pattern, "*")
	rest, found := strings.CutPrefix(section, parts[0])
	if !found {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// sloppy are the sections that loaders before libbpf 1.0 knew by the mere
// beginning of the name: xdp_prog1, socket2, classifier_ingress. The hook is
// that of the section itself.
var sloppy = []string{"xdp", "socket", "classifier", "action", "tc", "sockops", "sk_skb", "sk_msg", "sk_lookup", "sk_reuseport",
	"lwt_in", "lwt_out", "lwt_xmit", "lwt_seg6local", "lirc_mode2", "flow_dissector", "perf_event", "cgroup_skb", "cgroup/skb",
	"cgroup/sock", "cgroup/dev", "cgroup/sysctl"}

// oldSections are names that the table of hooks does not have and that were
// used for one type of program only: by iproute2's examples, by Cilium, by
// gobpf.
var oldSections = map[string]string{
	"cls": "sched_cls", "act": "sched_act", "filter": "sched_cls", "ingress": "sched_cls", "egress": "sched_cls",
	"from-container": "sched_cls", "to-container": "sched_cls", "from-netdev": "sched_cls", "to-netdev": "sched_cls",
	"from-host": "sched_cls", "to-host": "sched_cls", "from-overlay": "sched_cls", "to-overlay": "sched_cls",
	"from-network": "sched_cls", "to-network": "sched_cls", "from-lxc": "sched_cls", "to-lxc": "sched_cls",
}

// hookOf is the hook of the programs in a section: as Options says, as the
// table says, or as old loaders had it.
func (l *loader) hookOf(section string) (*table.Hook, error) {
	if name, ok := l.opt.progType(section); ok {
		return l.namedHook(name), nil
	}
	name := strings.TrimPrefix(section, "?")
	if h := table.HookBySection(l.opt.Platform, name); h != nil {
		return withMinLen(h, name)
	}
	if h := l.oldHook(name); h != nil {
		return h, nil
	}
	advice := fmt.Sprintf("pass --prog-type %s=TYPE with one of %s", section, l.hookNames())
	if section == textSection {
		return nil, unknownType("all functions are in section .text, which has no program type: put SEC(\"…\") before the program, or " + advice)
	}
	return nil, unknownType("the program type of section " + section + " is not known: " + advice)
}

// withMinLen gives the hook of a section like raw/64: the number is how many
// bytes of memory every run has, which the program need not ask for.
func withMinLen(h *table.Hook, section string) (*table.Hook, error) {
	_, number, _ := strings.Cut(section, "/")
	if !h.Memory || !strings.ContainsAny(number[:min(1, len(number))], "0123456789+- ") {
		return h, nil // what follows is a name, as in xdp/drop
	}
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil {
		return nil, unknownType(fmt.Sprintf("section %s: behind the slash stands the least length of the memory in bytes, a number below 2^31, or a name", section))
	}
	own := *h
	own.MinLen = int(n)
	return &own, nil
}

// unknownType is the error for a section whose name tells no program type. It
// is bpf.ErrUnsupported, which would not make the text clearer.
type unknownType string

func (e unknownType) Error() string { return string(e) }
func (e unknownType) Unwrap() error { return bpf.ErrUnsupported }

// namedHook is the hook that a user means: by the name that the table has, by
// a section of such programs ("tc"), or in another spelling of the kernel's
// constant (BPF_PROG_TYPE_SCHED_CLS, SchedCLS).
func (l *loader) namedHook(name string) *table.Hook {
	if h := table.HookByName(l.opt.Platform, name); h != nil {
		return h
	}
	if h := table.HookBySection(l.opt.Platform, name); h != nil {
		return h
	}
	plain := func(s string) string {
		return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(s, "BPF_PROG_TYPE_")), "_", "")
	}
	rows := table.Hooks(l.opt.Platform)
	for i := range rows {
		if plain(rows[i].Name) == plain(name) {
			return &rows[i]
		}
	}
	return nil
}

// oldHook is the hook that loaders before libbpf 1.0 gave a section.
func (l *loader) oldHook(section string) *table.Hook {
	if section == textSection && l.opt.Assume {
		return table.HookByName(l.opt.Platform, "raw")
	}
	if l.opt.Platform != bpf.Linux {
		return nil
	}
	if name, ok := oldSections[section]; ok {
		// Cilium had programs of both types in sections of one name, and
		// told them apart by the file.
		if strings.HasPrefix(section, "from-") && strings.Contains(l.obj.Name, "xdp") {
			name = "xdp"
		}
		return table.HookByName(bpf.Linux, name)
	}
	best := ""
	for _, prefix := range sloppy {
		if strings.HasPrefix(section, prefix) && len(prefix) > len(best) {
			best = prefix
		}
	}
	if best != "" {
		return table.HookBySection(bpf.Linux, best)
	}
	// Sections of tail calls, "2/7", take the type of the others when these
	// agree, because a program array holds one type.
	if _, _, ok := tailPlace(section); ok {
		return l.onlyHook()
	}
	return nil
}

// onlyHook is the hook that all sections have that do have one.
func (l *loader) onlyHook() *table.Hook {
	var only *table.Hook
	for _, f := range l.funcs {
		if _, _, tail := tailPlace(f.section.Name); tail || !l.entry(f) {
			continue
		}
		h, err := l.hookOf(f.section.Name)
		if err != nil || only != nil && only != h {
			return nil
		}
		only = h
	}
	return only
}

// hookNames lists the program types that can be asked for.
func (l *loader) hookNames() string {
	var names []string
	for _, h := range table.Hooks(l.opt.Platform) {
		if h.Status != table.Unsupported {
			names = append(names, h.Name)
		}
	}
	return strings.Join(names, ", ")
}
