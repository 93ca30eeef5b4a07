package interp

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

func TestSockets(t *testing.T) {
	const (
		tuple   = "mov %r6, %r1\nstdw [%r10-16], 0\nstw [%r10-8], 0\nmov %r2, %r10\nadd %r2, -16\nmov %r3, 12\nmov %r4, -1\nmov %r5, 0\n"
		lookup  = tuple + "call 84\njne %r0, 0, +1\nexit\nmov %r7, %r0\n"
		common  = tuple + "call 99\njne %r0, 0, +1\nexit\nmov %r7, %r0\n"
		release = "mov %r1, %r7\ncall 86\n"
		tcp     = "mov %r1, %r7\ncall 96\n"
	)
	tc := func(features ...feature) []feature {
		for k := range features {
			features[k].hook = "sched_cls"
		}
		return features
	}
	runFeatures(t, tc(
		feature{name: "released", text: lookup + "ldxw %r1, [%r7+4]\n" + release + end, want: []uint64{0, 1}},
		feature{name: "leaked", text: lookup + end, want: []uint64{0}, fault: "the program ends and holds a sock"},
		feature{name: "released twice", text: lookup + release + release + end, want: []uint64{0}, fault: "has been released by sk_release"},
		feature{name: "used after", text: lookup + release + "ldxw %r0, [%r7+4]\nexit", want: []uint64{0}, fault: "the sock has been released by sk_release"},
		feature{name: "null released", text: tuple + "call 84\nmov %r1, %r0\ncall 86\n" + end, want: []uint64{1}, fault: "not such an object"},
		feature{name: "written", text: lookup + "stw [%r7+4], 0\n" + release + end, want: []uint64{0}, fault: "4 bytes at offset 4 are no field for this"},
		feature{name: "outside", text: lookup + "ldxdw %r0, [%r7+80]\nexit", want: []uint64{0}, fault: "8 bytes at offset 80 are no field for this"},
		feature{name: "cast", text: lookup + tcp + "jeq %r0, 0, +1\nldxw %r0, [%r0]\n" + release + end, want: []uint64{0, 1}},
		feature{name: "cast used after", text: lookup + tcp + "mov %r8, %r0\n" + release + "mov %r0, 0\njeq %r8, 0, exit\nldxw %r0, [%r8]\nexit", want: []uint64{0}, fault: "has been released by sk_release"},
		feature{name: "cast released", text: lookup + tcp + "jeq %r0, 0, +4\nmov %r1, %r0\ncall 86\n" + end + release + end, want: []uint64{0, 1}},
		feature{name: "common", text: common + release + end, want: []uint64{0, 1}},
		feature{name: "common as a full one", text: common + "ldxw %r1, [%r7+8]\n" + release + end, want: []uint64{0}, fault: "are no field for this"},
		feature{name: "of the context", text: "ldxdw %r7, [%r1+168]\njne %r7, 0, +1\nmov %r0, 5\njeq %r7, 0, +2\nldxw %r0, [%r7+4]\nmov %r0, 1\nexit", want: []uint64{1, 5}},
		feature{name: "of the context, released", text: "ldxdw %r7, [%r1+168]\nmov %r0, 5\njeq %r7, 0, exit\n" + release + end, want: []uint64{5}, fault: "which holds no reference"},
		feature{name: "of the context, always the same", text: "ldxdw %r7, [%r1+168]\nldxdw %r8, [%r1+168]\nmov %r0, %r7\nsub %r0, %r8\nexit", want: []uint64{0}},
	)[:])
}

func TestStorage(t *testing.T) {
	storage := typed(bpf.MapSkStorage, 4, 8, 0)
	storage.Flags = bpf.FlagNoPrealloc
	const (
		sk   = "ldxdw %r6, [%r1+168]\njne %r6, 0, +2\nmov %r0, 0\nexit\n"
		full = "mov %r1, %r6\ncall 95\nmov %r6, %r0\njne %r0, 0, +1\nexit\n"
		get  = "lddw %r1, MAP+0\nmov %r2, %r6\nmov %r3, 0\nmov %r4, 1\ncall 107\njne %r0, 0, +1\nexit\n"
		find = "lddw %r1, MAP+0\nmov %r2, %r6\nmov %r3, 0\nmov %r4, 0\ncall 107\n"
	)
	maps := []*frontend.Map{storage}
	cgroup := []*frontend.Map{typed(bpf.MapCgroupStorage, 8, 8, 0)}
	runFeatures(t, []feature{
		{name: "made", hook: "sched_cls", maps: maps, text: sk + full + get + "stdw [%r0], 7\n" + get + "ldxdw %r0, [%r0]\nexit", want: []uint64{0, 7}},
		{name: "not there", hook: "sched_cls", maps: maps, text: sk + full + find + "exit", want: []uint64{0}},
		{name: "deleted", hook: "sched_cls", maps: maps, text: sk + full + get + "stdw [%r0], 7\nlddw %r1, MAP+0\nmov %r2, %r6\ncall 108\n" + find + "exit", want: []uint64{0}},
		{name: "outside", hook: "sched_cls", maps: maps, text: sk + full + get + "ldxdw %r0, [%r0+8]\nexit", want: []uint64{0}, fault: "of 8 bytes of a map value"},
		{name: "of the cgroup", hook: "cgroup_skb", maps: cgroup, text: "lddw %r1, MAP+0\nmov %r2, 0\ncall 81\nldxdw %r1, [%r0]\nadd %r1, 1\nstxdw [%r0], %r1\nmov %r0, %r1\nexit", want: []uint64{1}},
	})
}

func TestTask(t *testing.T) {
	runFeatures(t, []feature{
		{name: "same", hook: "kprobe", text: "call 158\nmov %r6, %r0\ncall 158\nsub %r0, %r6\nexit", want: []uint64{0}},
		{name: "opaque", hook: "kprobe", text: "call 158\nldxdw %r0, [%r0]\nexit", fault: "are no field for this"},
	})
}
