package model_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/maps/drive"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// TestModel does drawn operations of hosts and programs on maps of every type
// and platform, and compares each result with the model's.
func TestModel(t *testing.T) {
	for name, typ := range drive.Types {
		for _, platform := range []bpf.Platform{bpf.Linux, bpf.Windows} {
			t.Run(fmt.Sprintf("%s/%v", name, platform), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(t *rapid.T) { agree(t, platform, typ) })
			})
		}
	}
}

// agree is one map's life.
func agree(t *rapid.T, platform bpf.Platform, typ bpf.MapType) {
	s := model.DrawSpec(t, platform, typ, rtlib.PossibleCPU())
	n, err := drive.New(s)
	if err != nil {
		t.Fatalf("%v: %v", s, err)
	}
	defer func() {
		if err := n.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	m := model.New(s)
	d := &model.Draw{Spec: s, Codes: model.CodesOf(s), CPUs: 2}
	t.Repeat(map[string]func(*rapid.T){
		"": func(t *rapid.T) {},
		"operation": func(t *rapid.T) {
			op := d.Op(t)
			got, err := n.Do(&op)
			if err != nil {
				t.Fatalf("%v: %v: %v", s, op, err)
			}
			if err := m.Step(op, got); err != nil {
				t.Fatalf("%v: %v: %v", s, op, err)
			}
		},
	})
}
