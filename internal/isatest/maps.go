package isatest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// mapOf is "NAME TYPE KEY VALUE MAX" with options.
func (p *caseParser) mapOf(words []string, body string) error {
	if len(words) < 5 {
		return fmt.Errorf("want name, type, key size, value size and entries")
	}
	row := table.MapTypeByName(words[1])
	if row == nil {
		return fmt.Errorf("there is no map type %q", words[1])
	}
	var sizes [3]uint32
	for k, word := range words[2:5] {
		n, err := strconv.ParseUint(word, 0, 32)
		if err != nil {
			return err
		}
		sizes[k] = uint32(n)
	}
	m := &frontend.Map{Name: words[0], Type: row.Type, KeySize: sizes[0], ValueSize: sizes[1], MaxEntries: sizes[2]}
	for _, option := range words[5:] {
		if err := p.mapOption(m, option); err != nil {
			return err
		}
	}
	p.c.Object.Maps = append(p.c.Object.Maps, m)
	if m.Type == bpf.MapProgArray || row.Lookup == table.LookupInner {
		return p.slotsOf(m, body)
	}
	if strings.TrimSpace(body) != "" {
		data, err := repeatedBytes(body)
		m.Data = data
		if err == nil && (m.Type != bpf.MapArray || m.MaxEntries != 1 || len(data) != int(m.ValueSize)) {
			err = fmt.Errorf("%d bytes are no value of an array with one entry of %d bytes", len(data), m.ValueSize)
		}
		return err
	}
	return nil
}

// mapOption is one of flags=N, extra=N, inner=NAME, lock=N.
func (p *caseParser) mapOption(m *frontend.Map, option string) error {
	name, value, _ := strings.Cut(option, "=")
	if name == "inner" {
		k := p.mapIndex(value)
		if k < 0 {
			return fmt.Errorf("there is no map %q", value)
		}
		template := *p.c.Object.Maps[k]
		m.Inner = &template
		return nil
	}
	n, err := strconv.ParseUint(value, 0, 64)
	switch {
	case err != nil:
		return err
	case name == "flags":
		m.Flags = uint32(n)
	case name == "extra":
		m.Extra = n
	case name == "lock":
		const size = 4
		m.Special = []frontend.Special{{Kind: frontend.SpecialSpinLock, Name: "bpf_spin_lock", Off: int(n), Size: size}}
	default:
		return fmt.Errorf("unknown option %q", option)
	}
	return nil
}

// mapIndex is the index of a map, -1 when there is none.
func (p *caseParser) mapIndex(name string) int {
	for k, m := range p.c.Object.Maps {
		if m.Name == name {
			return k
		}
	}
	return -1
}

func (p *caseParser) slotsOf(m *frontend.Map, body string) error {
	for line := range strings.Lines(body) {
		line, _, _ = strings.Cut(line, "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		index, name, _ := strings.Cut(line, "=")
		n, err := strconv.Atoi(strings.TrimSpace(index))
		if err != nil {
			return err
		}
		s := frontend.Slot{Index: n, Map: -1, Program: strings.TrimSpace(name)}
		if m.Type != bpf.MapProgArray {
			s.Map, s.Program = p.mapIndex(s.Program), ""
			if s.Map < 0 {
				return fmt.Errorf("there is no map %q", strings.TrimSpace(name))
			}
		}
		m.Slots = append(m.Slots, s)
	}
	return nil
}

// samples are lines of bytes, with "discard" in front of some.
func (p *caseParser) samples(name, body string) error {
	for line := range strings.Lines(body) {
		line, _, _ = strings.Cut(line, "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		line, discard := strings.CutPrefix(strings.TrimSpace(line), "discard")
		data, err := repeatedBytes(line)
		if err != nil {
			return err
		}
		p.c.Samples = append(p.c.Samples, Sample{name, data, discard})
	}
	return nil
}
