package elf

import (
	"slices"

	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// contexts has the C types of contexts by hook (linux/bpf_types.h). A pointer
// to one is the context; in programs of other hooks it points at memory.
var contexts = map[string][]string{
	"socket_filter": {"__sk_buff"}, "sched_cls": {"__sk_buff"}, "sched_act": {"__sk_buff"}, "cgroup_skb": {"__sk_buff"},
	"lwt_in": {"__sk_buff"}, "lwt_out": {"__sk_buff"}, "lwt_xmit": {"__sk_buff"}, "lwt_seg6local": {"__sk_buff"},
	"sk_skb": {"__sk_buff"}, "flow_dissector": {"__sk_buff"}, "xdp": {"xdp_md"}, "cgroup_sock": {"bpf_sock"},
	"cgroup_sock_addr": {"bpf_sock_addr"}, "sock_ops": {"bpf_sock_ops"}, "sk_msg": {"sk_msg_md"},
	"kprobe":     {"bpf_user_pt_regs_t", "pt_regs", "user_pt_regs", "user_regs_struct"},
	"perf_event": {"bpf_perf_event_data"}, "raw_tracepoint": {"bpf_raw_tracepoint_args"},
	"raw_tracepoint_writable": {"bpf_raw_tracepoint_args"}, "cgroup_device": {"bpf_cgroup_dev_ctx"},
	"cgroup_sysctl": {"bpf_sysctl"}, "cgroup_sockopt": {"bpf_sockopt"}, "sk_reuseport": {"sk_reuseport_md"},
	"sk_lookup": {"bpf_sk_lookup"}, "netfilter": {"bpf_nf_ctx"},
}

// proto converts the BTF of a function, nil for a nil one.
func (l *loader) proto(fn *btf.Func, hook *table.Hook) *frontend.Proto {
	if fn == nil {
		return nil
	}
	under, ok := fn.Type.(*btf.FuncProto)
	if !ok {
		return nil
	}
	p := &frontend.Proto{Ret: result(under.Return)}
	for i, param := range under.Params {
		var tags []string
		if i < len(fn.ParamTags) {
			tags = slices.Clone(fn.ParamTags[i])
		}
		to := frontend.Param{Name: param.Name, Tags: tags}
		classify(&to, param.Type, hook)
		if t, err := l.types.convert(param.Type); err == nil {
			to.Type = t
		}
		p.Params = append(p.Params, to)
	}
	return p
}

// result is the class of what a function returns.
func result(t btf.Type) frontend.Ret {
	switch btf.UnderlyingType(t).(type) {
	case *btf.Void:
		return frontend.RetVoid
	case *btf.Int, *btf.Enum:
		return frontend.RetScalar
	}
	return frontend.RetOther
}

// classify sets what the kernel's btf_prepare_func_args makes of a parameter.
func classify(to *frontend.Param, t btf.Type, hook *table.Hook) {
	to.Kind = frontend.ParamOther
	switch under := btf.UnderlyingType(t).(type) {
	case *btf.Int:
		to.Kind, to.Size = frontend.ParamScalar, int(under.Size)
	case *btf.Enum:
		to.Kind, to.Size = frontend.ParamScalar, int(under.Size)
	case *btf.Pointer:
		pointee(to, under.Target, hook)
	}
}

// pointee classifies a parameter that points at t.
func pointee(to *frontend.Param, t btf.Type, hook *table.Hook) {
	tagged := func(tag string) bool { return slices.Contains(to.Tags, tag) }
	if tagged("arg:ctx") || isContext(t, hook) {
		to.Kind = frontend.ParamCtx
		return
	}
	if s, ok := btf.UnderlyingType(t).(*btf.Struct); ok && s.Name == "bpf_dynptr" {
		to.Kind = frontend.ParamDynptr
		return
	}
	if tagged("arg:arena") || tagged("arg:trusted") || tagged("arg:untrusted") {
		return
	}
	size, err := btf.Sizeof(t)
	if _, void := btf.UnderlyingType(t).(*btf.Void); err != nil || size <= 0 || void {
		return
	}
	to.Kind, to.Size, to.Nullable = frontend.ParamMem, size, !tagged("arg:nonnull")
}

// isContext reports whether t, or a typedef on the way to it, is the context
// of the hook.
func isContext(t btf.Type, hook *table.Hook) bool {
	if hook == nil {
		return false
	}
	names := contexts[hook.Name]
	for range maxDepth {
		t = btf.QualifiedType(t)
		if slices.Contains(names, t.TypeName()) {
			return true
		}
		typedef, ok := t.(*btf.Typedef)
		if !ok {
			return false
		}
		t = typedef.Type
	}
	return false
}
