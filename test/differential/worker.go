package differential

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
)

// Machine code that is wrong may end its process. So seeds are checked in
// worker processes, which note the seed that they are at; when one dies, that
// seed is a difference and another worker goes on behind it.

// workerEnv tells the test binary to be a worker: "folder first count".
const workerEnv = "BPF_DIFFERENTIAL_WORKER"

// dieEnv is the seed at which a worker dies, to test what happens then.
const dieEnv = "BPF_DIFFERENTIAL_DIE"

// batch is how many seeds a worker gets.
const batch = 2000

// work is the worker: it checks seeds and leaves its report in a file.
func work(order string) error {
	var dir string
	var first, count uint64
	if _, err := fmt.Sscanf(order, "%s %d %d", &dir, &first, &count); err != nil {
		return err
	}
	debug.SetGCPercent(400) // many small programs
	at, err := os.Create(filepath.Join(dir, "at"))
	if err != nil {
		return err
	}
	k, err := newChecker()
	if err != nil {
		return err
	}
	for seed := first; seed < first+count; seed++ {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], seed)
		if _, err := at.WriteAt(b[:], 0); err != nil {
			return err
		}
		if os.Getenv(dieEnv) == fmt.Sprint(seed) {
			panic("differential: was asked to die")
		}
		k.check(seed)
	}
	out, err := os.Create(filepath.Join(dir, "report"))
	if err != nil {
		return err
	}
	return errors.Join(gob.NewEncoder(out).Encode(k.report), out.Close(), at.Close())
}

// inWorkers checks count seeds from first on in n processes at a time. progress
// is called behind each batch.
func inWorkers(ctx context.Context, name string, first, count uint64, n int, progress func(*Report)) (*Report, error) {
	sum := newReport()
	var lock sync.Mutex
	var wait sync.WaitGroup
	var failed error
	next := first
	take := func() (from, size uint64) {
		lock.Lock()
		defer lock.Unlock()
		from = next
		next = min(next+batch, first+count)
		return from, next - from
	}
	for range n {
		wait.Go(func() {
			for ctx.Err() == nil {
				from, size := take()
				if size == 0 {
					return
				}
				r, err := oneBatch(ctx, name, from, size)
				lock.Lock()
				if err != nil {
					failed = err
				} else {
					sum.merge(r)
					progress(sum)
				}
				lock.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	wait.Wait()
	return sum, errors.Join(failed, ctx.Err())
}

// oneBatch runs workers until the seeds are done.
func oneBatch(ctx context.Context, name string, first, count uint64) (*Report, error) {
	sum := newReport()
	for deaths := 0; count > 0; deaths++ {
		if deaths > 20 {
			return nil, fmt.Errorf("workers died %d times, last at seed %d", deaths, first)
		}
		r, at, err := oneWorker(ctx, name, first, count)
		if err != nil {
			return nil, err
		}
		sum.merge(r)
		count -= at - first
		first = at
	}
	return sum, nil
}

// oneWorker runs a worker and returns the seed behind the last one it did.
func oneWorker(ctx context.Context, name string, first, count uint64) (r *Report, behind uint64, err error) {
	dir, err := os.MkdirTemp("", "differential")
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cmd := exec.CommandContext(ctx, name)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", workerEnv, dir, first, count))
	text, died := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return nil, 0, ctx.Err()
	}
	r = newReport()
	if died == nil {
		b, err := os.ReadFile(filepath.Join(dir, "report"))
		if err != nil {
			return nil, 0, err
		}
		return r, first + count, gob.NewDecoder(bytes.NewReader(b)).Decode(r)
	}
	b, err := os.ReadFile(filepath.Join(dir, "at"))
	if err != nil || len(b) != 8 {
		return nil, 0, fmt.Errorf("worker: %w\n%.4000s", died, text)
	}
	at := binary.LittleEndian.Uint64(b)
	// What the worker had done is lost with it: another one does it again.
	if at > first {
		r, _, err = oneWorker(ctx, name, first, at-first)
		if err != nil {
			return nil, 0, err
		}
	}
	head, _, _ := strings.Cut(string(text), "\n\n")
	r.Found = append(r.Found, Difference{Seed: at, Engine: "amd64", What: fmt.Sprintf("the process died: %v\n%.2000s", died, head)})
	return r, at + 1, nil
}
