package rtlib

import (
	_ "unsafe" // go:linkname

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Clocks of programs, in nanoseconds. When the instance has a clock of its own
// (InstanceOptions.Clock) all of them read that one.

// JiffiesPerSecond is how fast jiffies64 counts: the default of Linux'
// CONFIG_HZ.
const JiffiesPerSecond = 250

// clockOf is the clock of the instance that runs, nil for the system's.
func clockOf(fr *abi.Frame) func() uint64 { return (*Instance)(fr.Inst.P).clock }

// KtimeGetNs is bpf_ktime_get_ns: nanoseconds of a clock that only advances
// (CLOCK_MONOTONIC on Linux).
//
//go:linkname KtimeGetNs bpf2go/rtlib/v1.KtimeGetNs
func KtimeGetNs(fr *abi.Frame) uint64 {
	if clock := clockOf(fr); clock != nil {
		return clock()
	}
	return uint64(nanotime())
}

// KtimeGetCoarseNs is bpf_ktime_get_coarse_ns: as KtimeGetNs, and not coarser.
//
//go:linkname KtimeGetCoarseNs bpf2go/rtlib/v1.KtimeGetCoarseNs
func KtimeGetCoarseNs(fr *abi.Frame) uint64 { return KtimeGetNs(fr) }

// KtimeGetBootNs is bpf_ktime_get_boot_ns: as KtimeGetNs, and it counts the time
// for which the machine was suspended (CLOCK_BOOTTIME on Linux; on other systems
// it is KtimeGetNs).
//
//go:linkname KtimeGetBootNs bpf2go/rtlib/v1.KtimeGetBootNs
func KtimeGetBootNs(fr *abi.Frame) uint64 {
	if clock := clockOf(fr); clock != nil {
		return clock()
	}
	return bootTime()
}

// KtimeGetTaiNs is bpf_ktime_get_tai_ns: nanoseconds of International Atomic Time
// since 1970 (CLOCK_TAI on Linux; on other systems UTC, as on a Linux that was
// not told the leap seconds).
//
//go:linkname KtimeGetTaiNs bpf2go/rtlib/v1.KtimeGetTaiNs
func KtimeGetTaiNs(fr *abi.Frame) uint64 {
	if clock := clockOf(fr); clock != nil {
		return clock()
	}
	return atomicTime()
}

// Jiffies64 is bpf_jiffies64: KtimeGetNs in units of 4 ms.
//
//go:linkname Jiffies64 bpf2go/rtlib/v1.Jiffies64
func Jiffies64(fr *abi.Frame) uint64 { return KtimeGetNs(fr) / (1e9 / JiffiesPerSecond) }

// KtimeGetMs is bpf_ktime_get_ms of Windows: KtimeGetNs in milliseconds.
//
//go:linkname KtimeGetMs bpf2go/rtlib/v1.KtimeGetMs
func KtimeGetMs(fr *abi.Frame) uint64 { return KtimeGetNs(fr) / 1e6 }

// KtimeGetBootMs is bpf_ktime_get_boot_ms of Windows: KtimeGetBootNs in
// milliseconds.
//
//go:linkname KtimeGetBootMs bpf2go/rtlib/v1.KtimeGetBootMs
func KtimeGetBootMs(fr *abi.Frame) uint64 { return KtimeGetBootNs(fr) / 1e6 }

// nanotime is the clock behind package time. The runtime promises to keep it
// linkable (runtime/time_nofake.go).
//
//go:linkname nanotime runtime.nanotime
func nanotime() int64
