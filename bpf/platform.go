package bpf

// Platform says whose numbers and whose rules an object uses.
type Platform uint8

// The platforms. An object with a section .ebpf_for_windows is Windows.
const (
	Linux Platform = iota
	Windows
)

// String returns "linux" or "windows".
func (p Platform) String() string {
	if p == Windows {
		return "windows"
	}
	return "linux"
}
