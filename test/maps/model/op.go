package model

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Code is what an operation does.
type Code uint8

// Operations of hosts, then those of programs.
const (
	Lookup  Code = iota // with Flags
	Update              // without keys: push
	Delete              //
	NextKey             // Key nil: the first
	Take                // lookup and delete; without keys: pop
	Freeze
	Walk        // all elements, by NextKey and Lookup
	Count       // number of elements
	UpdateBatch // Keys, Values
	LookupBatch // all elements, N at a time
	TakeBatch   // as LookupBatch, and deletes
	DeleteBatch // Keys
	RingRead    // the next record, if there is one

	ProgLookup
	ProgStore // writes Value through the address that a lookup gives
	ProgUpdate
	ProgDelete
	ProgPush
	ProgPop
	ProgPeek
	ProgLookupAt // map_lookup_percpu_elem, CPU At
	ProgEach     // all elements, by for_each_map_elem
	RingOutput   // N times Value
	RingReserve  // a record with Value, and what becomes of it: At
	RingQuery    // of At
	numCodes
)

var codeNames = [numCodes]string{
	Lookup: "lookup", Update: "update", Delete: "delete", NextKey: "next key", Take: "lookup and delete", Freeze: "freeze",
	Walk: "walk", Count: "count", UpdateBatch: "update batch", LookupBatch: "lookup batch", TakeBatch: "lookup and delete batch",
	DeleteBatch: "delete batch", ProgLookup: "program's lookup", ProgStore: "program's store", ProgUpdate: "program's update",
	ProgDelete: "program's delete", ProgPush: "program's push", ProgPop: "program's pop", ProgPeek: "program's peek",
	ProgLookupAt: "program's lookup on a CPU", ProgEach: "program's for each", RingRead: "read", RingOutput: "output",
	RingReserve: "reserve", RingQuery: "query",
}

// String is the name of the operation.
func (c Code) String() string { return codeNames[c] }

// GoString is the name in what rapid reports.
func (c Code) GoString() string { return codeNames[c] }

// Op is an operation with its arguments.
type Op struct {
	Code         Code
	CPU          int    // of a program
	At           uint64 // ProgLookupAt: of which CPU
	N            int    // batches
	Flags        uint64
	Key          []byte // nil for none
	Value        []byte // hosts: HostSize bytes
	Keys, Values [][]byte
}

// String shows what matters of the operation.
func (o Op) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v", o.Code)
	if o.Code >= ProgLookup {
		fmt.Fprintf(&b, " on CPU %d", o.CPU)
	}
	if o.Code == ProgLookupAt || o.Code == RingReserve || o.Code == RingQuery {
		fmt.Fprintf(&b, " of %d", o.At)
	}
	if o.Key != nil {
		fmt.Fprintf(&b, " key %x", o.Key)
	}
	if o.Value != nil {
		fmt.Fprintf(&b, " value %s", short(o.Value))
	}
	if o.Keys != nil {
		fmt.Fprintf(&b, " keys %x values %x", o.Keys, o.Values)
	}
	if o.N != 0 {
		fmt.Fprintf(&b, " of %d", o.N)
	}
	if o.Flags != 0 {
		fmt.Fprintf(&b, " flags %#x", o.Flags)
	}
	return b.String()
}

// short is a value as text, without the zeroes at its end.
func short(v []byte) string {
	if v == nil {
		return "-"
	}
	t := bytes.TrimRight(v, "\x00")
	if len(t) == len(v) {
		return fmt.Sprintf("%x", v)
	}
	return fmt.Sprintf("%x+%d zeroes", t, len(v)-len(t))
}

// Result is the outcome of an operation.
type Result struct {
	Errno bpf.Errno // hosts: 0 is success
	// R0 is what a program's helper returned; for lookups, 1 stands for an
	// address.
	R0    int64
	Key   []byte // NextKey
	Value []byte // nil when nothing was read
	N     int    // Count; elements that a batch did
	// Keys and Values are what a walk or batch gave, in its order.
	Keys, Values [][]byte
}

// String shows the result in failures.
func (r Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v r0 %d", r.Errno, r.R0)
	if r.Errno == 0 {
		b.Reset()
		fmt.Fprintf(&b, "ok r0 %d", r.R0)
	}
	if r.Key != nil {
		fmt.Fprintf(&b, " key %x", r.Key)
	}
	if r.Value != nil {
		fmt.Fprintf(&b, " value %s", short(r.Value))
	}
	if r.N != 0 {
		fmt.Fprintf(&b, " n %d", r.N)
	}
	for i, k := range r.Keys {
		v := []byte(nil)
		if i < len(r.Values) {
			v = r.Values[i]
		}
		fmt.Fprintf(&b, " %x:%s", k, short(v))
	}
	return b.String()
}

// Differs says how a result differs from the one that is right; nil when it
// does not.
func Differs(want, got Result) error {
	if want.Errno == got.Errno && want.R0 == got.R0 && bytes.Equal(want.Key, got.Key) && bytes.Equal(want.Value, got.Value) &&
		want.N == got.N && sameLists(want.Keys, got.Keys) && sameLists(want.Values, got.Values) {
		return nil
	}
	return fmt.Errorf("got %v, want %v", got, want)
}

func sameLists(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
