package main

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/bpf2go-native/bpf2go-native/examples/tenants/gobody"
	"github.com/bpf2go-native/bpf2go-native/examples/tenants/oracle"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// run decides one frame, which it may write to.
type run func(frame []byte) (uint32, error)

// engine is one way to run the program.
type engine struct {
	name string
	// newRun makes runs for one goroutine; end gives them back.
	newRun func() (r run, end func() error, err error)
	// install makes a policy that of a tenant, at once for all runs.
	install func(tenant uint32, p *oracle.Policy) error
	// counters are the sums of all CPUs; nil when the engine does not count.
	counters func() ([]uint64, error)
	close    func() error
}

// newEngines loads the object twice, as machine code and as Go bodies, and makes
// the same by hand. No tenant has a policy yet.
func newEngines() ([]*engine, error) {
	var native tenantsObjects
	if err := loadTenantsObjects(&native, nil); err != nil {
		return nil, err
	}
	first, err := objectEngine("native", native.Tenants, native.Untagged, native.Policies, native.Counters, native.Close,
		func(fr *rtlib.Frame) (run, error) {
			r, err := native.BindTenants(fr)
			return func(frame []byte) (uint32, error) { return r.Packet(frame).Run() }, err
		})
	if err != nil {
		return nil, err
	}
	var body gobody.TenantsObjects
	if err := gobody.LoadTenantsObjects(&body, nil); err != nil {
		return nil, err
	}
	second, err := objectEngine("Go body", body.Tenants, body.Untagged, body.Policies, body.Counters, body.Close,
		func(fr *rtlib.Frame) (run, error) {
			r, err := body.BindTenants(fr)
			return func(frame []byte) (uint32, error) { return r.Packet(frame).Run() }, err
		})
	if err != nil {
		return nil, err
	}
	return []*engine{first, second, byHand()}, nil
}

// objectEngine is a compiled program with its maps.
func objectEngine(name string, prog *ebpf.Program, untagged, policies, counters *ebpf.Map, end func() error, bind func(*rtlib.Frame) (run, error)) (*engine, error) {
	spec, err := loadTenants()
	if err != nil {
		return nil, err
	}
	template := spec.Maps[tenantsMapPolicies].InnerMap
	return &engine{
		name: fmt.Sprintf("%s (%s)", name, prog.Runtime().Engine()),
		newRun: func() (run, func() error, error) {
			fr, err := prog.NewFrame()
			if err != nil {
				return nil, nil, err
			}
			r, err := bind(fr)
			return r, fr.Close, err
		},
		install: func(tenant uint32, p *oracle.Policy) error {
			if tenant == 0 && p.Version == 1 {
				// VLAN 0 has a policy from the start: the program's source says so.
				return fill(untagged, p)
			}
			inner, err := ebpf.NewMap(template)
			if err != nil {
				return err
			}
			if err := fill(inner, p); err != nil {
				return err
			}
			// From here on the new one is found. Runs that have found the old one
			// keep it to their end; then it goes.
			if err := policies.Put(tenant, inner); err != nil {
				return err
			}
			return inner.Close()
		},
		counters: func() ([]uint64, error) { return sums(counters) },
		close:    end,
	}, nil
}

// fill puts the rules of a policy into its map.
func fill(m *ebpf.Map, p *oracle.Policy) error {
	rules := ebpf.HashMapOf[tenantsRuleKey, tenantsRule](m)
	for net, v := range p.Nets {
		if err := rules.Put(tenantsRuleKey{Kind: uint8(kindNet), Number: binary.NativeEndian.Uint16(net[:])}, rule(p, v)); err != nil {
			return err
		}
	}
	for port, v := range p.Ports {
		var number [2]byte
		binary.BigEndian.PutUint16(number[:], port.Number)
		key := tenantsRuleKey{Kind: uint8(kindPort), Protocol: port.Protocol, Number: binary.NativeEndian.Uint16(number[:])}
		if err := rules.Put(key, rule(p, v)); err != nil {
			return err
		}
	}
	return rules.Put(tenantsRuleKey{Kind: kindDefault}, rule(p, p.Default))
}

// Numbers of enum kind and enum action in C.
const (
	kindDefault = iota
	kindNet
	kindPort

	actionPass = 1
	actionDrop = 2
)

func rule(p *oracle.Policy, v oracle.Verdict) tenantsRule {
	if v == oracle.Drop {
		return tenantsRule{Version: p.Version, Action: actionDrop}
	}
	return tenantsRule{Version: p.Version, Action: actionPass}
}

// sums adds up the values of all CPUs.
func sums(m *ebpf.Map) ([]uint64, error) {
	total := make([]uint64, m.MaxEntries())
	cpus := make([]uint64, ebpf.MustPossibleCPU())
	for i := range total {
		if err := m.Lookup(uint32(i), cpus); err != nil {
			return nil, err
		}
		for _, n := range cpus {
			total[i] += n
		}
	}
	return total, nil
}

// byHand is what Go programs do: a map under a read-write lock. It decides by the
// oracle's rules.
func byHand() *engine {
	var mu sync.RWMutex
	policies := map[uint32]*oracle.Policy{}
	return &engine{
		name: "map + RWMutex",
		newRun: func() (run, func() error, error) {
			return func(frame []byte) (uint32, error) {
				p, mine := oracle.Parse(frame)
				if !mine {
					return uint32(oracle.Drop), nil
				}
				mu.RLock()
				policy := policies[p.Tenant]
				mu.RUnlock()
				if policy == nil {
					return uint32(oracle.Drop), nil
				}
				v, stamp := policy.Decide(p)
				for i, s := range stamp {
					binary.NativeEndian.PutUint16(frame[6+2*i:], s)
				}
				return uint32(v), nil
			}, func() error { return nil }, nil
		},
		install: func(tenant uint32, p *oracle.Policy) error {
			mu.Lock()
			defer mu.Unlock()
			policies[tenant] = p
			return nil
		},
		counters: func() ([]uint64, error) { return nil, nil },
		close:    func() error { return nil },
	}
}

// median is the middle of the values.
func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return s[len(s)/2]
}
