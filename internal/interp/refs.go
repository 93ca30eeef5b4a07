package interp

import (
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// Reference is something that the program has to give back before it ends.
type Reference struct {
	ID     uint32
	Kind   string // "ring buffer record", "sock", "dynptr", "iterator"
	PC     int    // slot of the instruction that acquired it
	Region *Region
}

// acquire makes a reference that a region lives by.
func (r *run) acquire(kind string, region *Region) uint32 {
	r.lastRef++
	region.Ref = r.lastRef
	r.refs = append(r.refs, Reference{ID: r.lastRef, Kind: kind, PC: r.at, Region: region})
	return r.lastRef
}

// release ends a reference: its region, and what lives by it, is gone.
func (r *run) release(id uint32, helper string) error {
	for k, ref := range r.refs {
		if ref.ID == id {
			r.refs = append(r.refs[:k:k], r.refs[k+1:]...)
			ref.Region.end("the " + ref.Kind + " has been released by " + helper)
			ref.Region.Ref = 0
			return nil
		}
	}
	return r.fault("%s releases reference %d, which is not held", helper, id)
}

// sectionNames are how faults call a section.
var sectionNames = [table.NumSections]string{
	table.SectionNone: "no section", table.SectionLock: "section with a spin lock",
	table.SectionRCU: "RCU read section", table.SectionPreempt: "section without preemption",
}

// held is a spin lock that is held.
type held struct {
	addr uint64
	pc   int
}

// settled checks that nothing is held when what ends.
func (r *run) settled(what string) error {
	if r.lock != nil {
		return r.fault("%s ends and holds the spin lock of instruction %d", what, r.lock.pc)
	}
	for k, n := range r.sections {
		if n != 0 {
			return r.fault("%s ends in %s", what, article(sectionNames[k]))
		}
	}
	if len(r.refs) > 0 {
		return r.fault("%s ends and holds %s of instruction %d", what, article(r.refs[0].Kind), r.refs[0].PC)
	}
	return nil
}

// article is a noun with "a" or "an" in front.
func article(noun string) string {
	if strings.ContainsRune("aeioRu", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
