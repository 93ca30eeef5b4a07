package enginetest

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// emulators are the names of QEMU's user emulators where they differ from
// GOARCH.
var emulators = map[string]string{
	"amd64": "x86_64", "386": "i386", "arm64": "aarch64", "loong64": "loongarch64", "mipsle": "mipsel", "mips64le": "mips64el",
}

// Emulator is the program that runs programs for Linux on another architecture,
// "" where the host does.
func Emulator(goarch string) string {
	if goarch == runtime.GOARCH || runtime.GOARCH == "amd64" && goarch == "386" {
		return ""
	}
	return "qemu-" + cmp.Or(emulators[goarch], goarch)
}

// EmulatorEnv is what an emulator wants in its environment for code with a build
// tag, such as amd64 or amd64.v3: machine code runs on the oldest processor that
// it is for, where newer instructions are illegal (docs/decisions/0010).
func EmulatorEnv(tag string) []string {
	switch tag {
	case "amd64":
		return []string{"QEMU_CPU=qemu64"} // x86-64-v1
	case "amd64.v3":
		return []string{"QEMU_CPU=max"}
	case "arm64":
		return []string{"QEMU_CPU=cortex-a53"} // ARMv8.0
	}
	return nil
}

// GoTestOn runs go test with args for Linux on another architecture, under
// QEMU's user emulator, or without where the host runs such programs. The test
// fails with the output when it fails.
func GoTestOn(tb testing.TB, goarch string, args ...string) {
	tb.Helper()
	if runtime.GOOS != "linux" {
		Missing(tb, "needs Linux to run programs for linux/"+goarch+", this is "+runtime.GOOS)
	}
	if emulator := Emulator(goarch); emulator != "" {
		args = append([]string{"-exec", Need(tb, emulator)}, args...)
	}
	GoTest(tb, append(EmulatorEnv(goarch), "GOOS=linux", "GOARCH="+goarch, "CGO_ENABLED=0"), args...)
}

// childTime ends a child that hangs.
const childTime = 5 * time.Minute

// GoTest runs go test with args and env added to the environment. Every test
// that it names has to pass; the output is logged.
func GoTest(tb testing.TB, env []string, args ...string) string {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), childTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, Need(tb, "go"), append([]string{"test", "-count=1"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	text := strings.TrimSpace(string(out))
	switch {
	case err != nil:
		tb.Errorf("%s go test %s: %v\n%s", strings.Join(env, " "), strings.Join(args, " "), err, text)
	case strings.Contains(text, "no tests to run"):
		tb.Errorf("go test %s runs nothing:\n%s", strings.Join(args, " "), text)
	default:
		tb.Logf("%v\n%s", time.Since(start).Round(time.Millisecond), text)
	}
	return text
}
