package interp

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// helpers are the helpers that have a meaning of their own, by name. The
// others have the model of their row.
var helpers = map[string]func(*helperCall) (Value, error){
	"map_lookup_elem":            (*helperCall).mapLookup,
	"map_lookup_percpu_elem":     (*helperCall).mapLookupCPU,
	"map_update_elem":            (*helperCall).mapUpdate,
	"map_delete_elem":            (*helperCall).mapDelete,
	"map_lookup_and_delete_elem": (*helperCall).mapTake,

	"map_push_elem":     (*helperCall).mapPush,
	"map_pop_elem":      (*helperCall).mapPop,
	"map_peek_elem":     (*helperCall).mapPeek,
	"for_each_map_elem": (*helperCall).forEach,
	"loop":              (*helperCall).loop,
	"tail_call":         (*helperCall).tailCall,
	"find_vma":          (*helperCall).findVma,

	"ktime_get_ns":         (*helperCall).ktime,
	"ktime_get_boot_ns":    (*helperCall).ktime,
	"ktime_get_coarse_ns":  (*helperCall).ktime,
	"ktime_get_tai_ns":     (*helperCall).ktime,
	"ktime_get_ms":         (*helperCall).milliseconds,
	"ktime_get_boot_ms":    (*helperCall).milliseconds,
	"jiffies64":            (*helperCall).jiffies,
	"get_stackid":          (*helperCall).stackID,
	"get_stack":            (*helperCall).stack,
	"get_prandom_u32":      (*helperCall).random,
	"get_smp_processor_id": (*helperCall).processor,
	"get_current_pid_tgid": (*helperCall).pidTgid,
	"get_current_comm":     (*helperCall).comm,
	"get_current_task_btf": (*helperCall).task,
	"trace_printk":         (*helperCall).printk,
	"trace_vprintk":        (*helperCall).vprintk,
	"snprintf":             (*helperCall).snprintf,
	"strncmp":              (*helperCall).strncmp,
	"strtol":               func(c *helperCall) (Value, error) { return c.strto(true) },
	"strtoul":              func(c *helperCall) (Value, error) { return c.strto(false) },
	"csum_diff":            (*helperCall).csumDiff,

	"probe_read":            (*helperCall).probeRead,
	"probe_read_user":       (*helperCall).probeRead,
	"probe_read_kernel":     (*helperCall).probeRead,
	"copy_from_user":        (*helperCall).probeRead,
	"probe_read_str":        (*helperCall).probeReadStr,
	"probe_read_user_str":   (*helperCall).probeReadStr,
	"probe_read_kernel_str": (*helperCall).probeReadStr,

	"skb_load_bytes":          (*helperCall).loadBytes,
	"xdp_load_bytes":          (*helperCall).xdpLoadBytes,
	"skb_load_bytes_relative": (*helperCall).loadBytesRelative,
	"skb_store_bytes":         (*helperCall).storeBytes,
	"xdp_store_bytes":         (*helperCall).xdpStoreBytes,
	"xdp_get_buff_len":        (*helperCall).buffLen,
	"xdp_adjust_head":         (*helperCall).adjustHead,
	"xdp_adjust_meta":         (*helperCall).adjustMeta,
	"xdp_adjust_tail":         (*helperCall).adjustTail,
	"skb_pull_data":           (*helperCall).pullData,
	"skb_change_head":         (*helperCall).changeHead,
	"skb_change_tail":         (*helperCall).changeTail,
	"skb_change_proto":        (*helperCall).changeProto,
	"skb_adjust_room":         (*helperCall).adjustRoom,
	"l3_csum_replace":         (*helperCall).replaceL3,
	"l4_csum_replace":         (*helperCall).replaceL4,

	"redirect_map":       (*helperCall).redirectMap,
	"perf_event_output":  func(c *helperCall) (Value, error) { return c.output(3) },
	"skb_output":         func(c *helperCall) (Value, error) { return c.output(3) },
	"xdp_output":         func(c *helperCall) (Value, error) { return c.output(3) },
	"ringbuf_output":     (*helperCall).ringOutput,
	"ringbuf_reserve":    (*helperCall).reserve,
	"ringbuf_submit":     (*helperCall).submit,
	"ringbuf_discard":    (*helperCall).discard,
	"ringbuf_query":      (*helperCall).query,
	"user_ringbuf_drain": (*helperCall).drain,

	"ringbuf_reserve_dynptr": (*helperCall).reserveDynptr,
	"ringbuf_submit_dynptr":  func(c *helperCall) (Value, error) { return c.endDynptr(true) },
	"ringbuf_discard_dynptr": func(c *helperCall) (Value, error) { return c.endDynptr(false) },
	"dynptr_from_mem":        (*helperCall).dynptrFromMem,
	"dynptr_read":            (*helperCall).dynptrRead,
	"dynptr_write":           (*helperCall).dynptrWrite,
	"dynptr_data":            (*helperCall).dynptrData,

	"spin_lock":          (*helperCall).spinLock,
	"spin_unlock":        (*helperCall).spinUnlock,
	"timer_init":         (*helperCall).timerInit,
	"timer_set_callback": (*helperCall).timerCallback,
	"timer_start":        (*helperCall).timerStart,
	"timer_cancel":       (*helperCall).timerCancel,

	"get_local_storage":   (*helperCall).localStorage,
	"sk_storage_get":      (*helperCall).storage,
	"task_storage_get":    (*helperCall).storage,
	"inode_storage_get":   (*helperCall).storage,
	"cgrp_storage_get":    (*helperCall).storage,
	"sk_storage_delete":   (*helperCall).storageDelete,
	"task_storage_delete": (*helperCall).storageDelete,
}

// nothing is the meaning of calls that only others would notice.
func nothing(*helperCall) (Value, error) { return Value{}, nil }

// kfuncs are the kernel functions that have a meaning of their own, by name.
var kfuncs = map[string]func(*helperCall) (Value, error){
	"memset":  (*helperCall).memset,
	"memcpy":  (*helperCall).memmove,
	"memmove": (*helperCall).memmove,
	"memcmp":  (*helperCall).memcmp,

	"bpf_iter_num_new":      (*helperCall).iterNumNew,
	"bpf_iter_num_next":     (*helperCall).iterNext,
	"bpf_iter_num_destroy":  (*helperCall).iterDestroy,
	"bpf_iter_bits_new":     (*helperCall).iterBitsNew,
	"bpf_iter_bits_next":    (*helperCall).iterNext,
	"bpf_iter_bits_destroy": (*helperCall).iterDestroy,

	"bpf_rcu_read_lock":   nothing, // sections are counted by the rows
	"bpf_rcu_read_unlock": nothing,
	"bpf_preempt_disable": nothing,
	"bpf_preempt_enable":  nothing,

	"bpf_dynptr_from_skb":   (*helperCall).dynptrFromPacket,
	"bpf_dynptr_from_xdp":   (*helperCall).dynptrFromPacket,
	"bpf_dynptr_slice":      (*helperCall).dynptrSlice,
	"bpf_dynptr_slice_rdwr": (*helperCall).dynptrSlice,
	"bpf_dynptr_adjust":     (*helperCall).dynptrAdjust,
	"bpf_dynptr_is_null":    func(c *helperCall) (Value, error) { return flag(c.dynptr[0].null), nil },
	"bpf_dynptr_is_rdonly":  func(c *helperCall) (Value, error) { return flag(c.dynptr[0].readOnly && !c.dynptr[0].null), nil },
	"bpf_dynptr_size":       (*helperCall).dynptrLen,
	"bpf_dynptr_clone":      (*helperCall).dynptrClone,
}

// flag is 1 for true.
func flag(b bool) Value {
	if b {
		return number(1)
	}
	return number(0)
}

func (c *helperCall) success() (Value, error) { return number(0), nil }

// mapLookup gives a pointer to the value, the inner map or the socket, or 0.
func (c *helperCall) mapLookup() (Value, error) {
	switch c.m.row.Lookup {
	case table.LookupValue:
		if r := c.m.lookup(c.mem[1], c.m.current()); r != nil {
			return r.pointer(0), nil
		}
		return number(0), nil
	case table.LookupInner:
		if inner := c.m.innerAt(c.mem[1]); inner != nil {
			return inner.self.pointer(0), nil
		}
		return number(0), nil
	case table.LookupSock, table.LookupXdpSock:
		if c.run.m.chance(2) {
			return number(0), nil
		}
		kind := table.ObjXdpSock
		if c.m.row.Lookup == table.LookupSock {
			kind = table.ObjSock
		}
		object := c.run.m.object(kind)
		if kind == table.ObjSock {
			c.run.acquire(table.ObjectOf(kind).Name, object)
		}
		return object.pointer(0), nil
	}
	return Value{}, c.run.fault("map %s of type %s has no lookup", c.m.def.Name, c.m.row.Name)
}

func (c *helperCall) mapLookupCPU() (Value, error) {
	cpu := uint32(c.args[2].Bits)
	if uint64(cpu) >= uint64(c.run.m.opt.CPUs) {
		return number(0), nil
	}
	if r := c.m.lookup(c.mem[1], int(cpu)); r != nil {
		return r.pointer(0), nil
	}
	return number(0), nil
}

// writable refuses updates of maps that programs may only read.
func (c *helperCall) writable() error {
	if c.m.row.ReadOnly || c.m.def.Frozen || c.m.def.Flags&bpf.FlagRdonlyProg != 0 {
		return c.run.fault("map %s is read-only", c.m.def.Name)
	}
	return nil
}

func (c *helperCall) mapUpdate() (Value, error) {
	if c.m.row.Lookup != table.LookupValue {
		return c.model() // sockets: what the host has is not known
	}
	if err := c.writable(); err != nil {
		return Value{}, err
	}
	// The value may be the one that is replaced.
	return c.status(c.m.update(c.mem[1], slices.Clone(c.mem[2]), c.args[3].Bits, c.m.current())), nil
}

// mapTake is a lookup of a key that is gone afterwards; the value stays.
func (c *helperCall) mapTake() (Value, error) {
	if err := c.writable(); err != nil {
		return Value{}, err
	}
	r := c.m.lookup(c.mem[1], c.m.current())
	if r == nil {
		return number(0), nil
	}
	_ = c.m.remove(c.mem[1])
	return r.pointer(0), nil
}

func (c *helperCall) mapDelete() (Value, error) {
	if c.m.row.Lookup != table.LookupValue {
		return c.model()
	}
	if err := c.writable(); err != nil {
		return Value{}, err
	}
	return c.status(c.m.remove(c.mem[1])), nil
}

func (c *helperCall) ktime() (Value, error)     { return number(c.run.m.opt.Clock()), nil }
func (c *helperCall) random() (Value, error)    { return number(uint64(c.run.m.opt.Random())), nil }
func (c *helperCall) processor() (Value, error) { return number(uint64(c.run.m.opt.CPU())), nil }
func (c *helperCall) pidTgid() (Value, error)   { return number(c.run.m.opt.PidTgid()), nil }

// comm is the name of the process, with zeros behind it and at least one.
func (c *helperCall) comm() (Value, error) {
	clear(c.mem[0])
	copy(c.mem[0][:len(c.mem[0])-1], "interp")
	return number(0), nil
}

// task is the running task, the same for the machine's whole life.
func (c *helperCall) task() (Value, error) {
	if c.run.m.task == nil {
		c.run.m.task = c.run.m.object(table.ObjTask)
	}
	return c.run.m.task.pointer(0), nil
}
