package abi

import (
	"testing"
	"unsafe"
)

func TestOffsets(t *testing.T) {
	var f Frame
	var s MapSlot
	var h MapHead
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"Slots", unsafe.Offsetof(f.Slots), OffSlots},
		{"Data", unsafe.Offsetof(f.Data), OffData},
		{"DataEnd", unsafe.Offsetof(f.DataEnd), OffDataEnd},
		{"DataMeta", unsafe.Offsetof(f.DataMeta), OffDataMeta},
		{"Slot", unsafe.Offsetof(f.Slot), OffSlot},
		{"Unwind", unsafe.Offsetof(f.Unwind), OffUnwind},
		{"Result", unsafe.Offsetof(f.Result), OffResult},
		{"Fuel", unsafe.Offsetof(f.Fuel), OffFuel},
		{"Each", unsafe.Offsetof(f.Each), OffEach},
		{"EachState", unsafe.Sizeof(f.Each[0]), EachSize},
		{"EachState.Key", unsafe.Offsetof(f.Each[0].Key), EachKey},
		{"Ctx", unsafe.Offsetof(f.Ctx), OffCtx},
		{"Stack", unsafe.Offsetof(f.Stack), OffStack},
		{"Frame", unsafe.Sizeof(f), OffEach + MaxDepth*EachSize},
		{"MapSlot", unsafe.Sizeof(s), SlotSize},
		{"MapSlot.Values", unsafe.Offsetof(s.Values), SlotValues},
		{"MapSlot.Max", unsafe.Offsetof(s.Max), SlotMax},
		{"MapSlot.Step", unsafe.Offsetof(s.Step), SlotStep},
		{"MapHead.Values", unsafe.Offsetof(h.Values), HeadValues},
		{"MapHead.Max", unsafe.Offsetof(h.Max), HeadMax},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.name, c.got, c.want)
		}
	}
}
