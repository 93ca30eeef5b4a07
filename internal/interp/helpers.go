package interp

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// helpers are the supported helpers by table.Helper.Symbol.
var helpers = map[string]func(*helperCall) (Value, error){
	"MapLookupElem":     (*helperCall).mapLookup,
	"MapUpdateElem":     (*helperCall).mapUpdate,
	"MapDeleteElem":     (*helperCall).mapDelete,
	"KtimeGetNs":        (*helperCall).ktime,
	"GetPrandomU32":     (*helperCall).random,
	"GetSmpProcessorId": (*helperCall).processor,
	"GetCurrentPidTgid": (*helperCall).pidTgid,
	"TracePrintk":       (*helperCall).printk,
	"CsumDiff":          (*helperCall).csumDiff,
}

// status is 0 or the platform's number for an error.
func (c *helperCall) status(e bpf.Errno) Value {
	if e == 0 {
		return number(0)
	}
	return number(c.run.m.rules.HelperResult(e))
}

// mapLookup gives a pointer to the value or 0.
func (c *helperCall) mapLookup() (Value, error) {
	if r := c.m.lookup(c.mem[1]); r != nil {
		return r.pointer(0), nil
	}
	return number(0), nil
}

// writable refuses updates of maps that programs may only read.
func (c *helperCall) writable() error {
	if c.m.def.Frozen || c.m.def.Flags&bpf.FlagRdonlyProg != 0 {
		return c.run.fault("map %s is read-only", c.m.def.Name)
	}
	return nil
}

func (c *helperCall) mapUpdate() (Value, error) {
	if err := c.writable(); err != nil {
		return Value{}, err
	}
	// The value may be the one that is replaced.
	return c.status(c.m.update(c.mem[1], slices.Clone(c.mem[2]), c.args[3].Bits)), nil
}

func (c *helperCall) mapDelete() (Value, error) {
	if err := c.writable(); err != nil {
		return Value{}, err
	}
	return c.status(c.m.remove(c.mem[1])), nil
}

func (c *helperCall) ktime() (Value, error)     { return number(c.run.m.opt.Clock()), nil }
func (c *helperCall) random() (Value, error)    { return number(uint64(c.run.m.opt.Random())), nil }
func (c *helperCall) processor() (Value, error) { return number(uint64(c.run.m.opt.CPU())), nil }
func (c *helperCall) pidTgid() (Value, error)   { return number(c.run.m.opt.PidTgid()), nil }

// csumDiff is the Internet checksum of seed + to - from, in one's complement
// arithmetic and folded to 16 bits. Sizes need not be equal or even; a last
// incomplete word counts as if zeros followed. (Linux before 6.13 does not
// fold and wants multiples of 4; programs fold in any case.)
func (c *helperCall) csumDiff() (Value, error) {
	from, to, seed := c.mem[0], c.mem[2], uint32(c.args[4].Bits)
	sum := seed
	switch order := c.run.m.order; {
	case len(from) > 0 && len(to) > 0:
		sum = onesAdd(onesSum(order, to, seed), ^onesSum(order, from, 0))
	case len(to) > 0:
		sum = onesSum(order, to, seed)
	case len(from) > 0:
		sum = ^onesSum(order, from, ^seed)
	}
	folded := sum>>16 + sum&0xffff
	folded = folded>>16 + folded&0xffff
	return number(uint64(folded)), nil
}
