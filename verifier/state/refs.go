package state

import "slices"

// RefKind is what a Reference is to.
type RefKind uint8

// Kinds of references.
const (
	RefRecord  RefKind = iota // ring buffer reservation: submit or discard it
	RefObj                    // object of the host: release it
	RefDynptr                 // reservation by dynptr
	RefIter                   // iterator: destroy it
	RefLock                   // spin lock that is held: unlock it
	RefKptr                   // object that was taken out of a map value
	RefRCU                    // read section: unlock it
	RefPreempt                // section without preemption: enable it

	// NumRefKinds is the number of kinds, for arrays indexed by RefKind.
	NumRefKinds = RefPreempt + 1
)

// Reference is something that the program has to give back before it ends.
type Reference struct {
	ID   uint32 // Value.Hold of the pointers that live by it
	Kind RefKind
	PC   int32 // slot that acquired it, for messages
	// Map and On are the place of a lock: the map (-1 none) and the Ref of the
	// value, 0 for the only value of a data section. On is 0 for others.
	Map int32
	On  uint32
	// Steps counts the calls of an iterator's next function that gave an
	// element. Inclusion does not compare it.
	Steps uint32
}

// Refs lists the live references, oldest first, for reading.
func (s *State) Refs() []Reference { return s.refs }

// Acquire adds a reference and returns its number.
func (s *State) Acquire(r Reference) uint32 {
	r.ID = s.NewID()
	s.refs = append(s.refs[:len(s.refs):len(s.refs)], r)
	return r.ID
}

// Release ends a reference; false when there is none of that number. The
// values that live by it are the caller's business.
func (s *State) Release(id uint32) bool {
	i := s.refIndex(id)
	if i < 0 {
		return false
	}
	s.refs = slices.Delete(slices.Clone(s.refs), i, i+1)
	return true
}

// Ref returns a live reference by number, nil when there is none.
func (s *State) Ref(id uint32) *Reference {
	if i := s.refIndex(id); i >= 0 {
		return &s.refs[i]
	}
	return nil
}

// Advance counts a step of an iterator.
func (s *State) Advance(id uint32) {
	if i := s.refIndex(id); i >= 0 {
		s.refs = slices.Clone(s.refs)
		s.refs[i].Steps++
	}
}

func (s *State) refIndex(id uint32) int {
	return slices.IndexFunc(s.refs, func(r Reference) bool { return r.ID == id })
}
