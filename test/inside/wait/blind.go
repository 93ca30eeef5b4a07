//go:build amd64 || arm64

package wait

// machine says that programs are machine code on this architecture.
const machine = true

// blind is the loop of million, n times, in machine code that looks at nothing:
// what a program would be without docs/decisions/0007. Tests prove with it that
// they see a wait.
func blind(n, x uint64) uint64
