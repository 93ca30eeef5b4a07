package table

import "slices"

// ObjectKind is a kind of object that programs reach by pointers only.
type ObjectKind uint8

// The kinds of objects.
const (
	ObjNone       ObjectKind = iota
	ObjSockCommon            // struct bpf_sock, the fields that every socket has
	ObjSock                  // struct bpf_sock
	ObjTcpSock               // struct bpf_tcp_sock
	ObjXdpSock               // struct bpf_xdp_sock
	ObjFlowKeys              // struct bpf_flow_keys
	ObjTask                  // opaque
	ObjCgroup                // opaque
	ObjKernelSock            // a socket as the kernel sees it; opaque
	ObjOther                 // opaque

	// NumObjectKinds is the number of kinds, for arrays indexed by ObjectKind.
	NumObjectKinds = int(ObjOther) + 1
)

// Object is the row of a kind of object. An opaque one has no fields: its
// pointer can be passed to helpers only.
type Object struct {
	Name   string
	Size   int
	Fields []Field // by offset
}

// Field returns the index of the field that holds the load of size bytes at
// off, or -1.
func (o *Object) Field(off, size int) int { return find(o.Fields, off, size, (*Field).loads) }

// Store returns the index of the field that a store of size bytes at off may
// go to, or -1.
func (o *Object) Store(off, size int) int { return find(o.Fields, off, size, (*Field).stores) }

// objects is indexed by kind. Layouts are those of linux/bpf.h.
var objects = [NumObjectKinds]Object{
	ObjNone:       {Name: "nothing"},
	ObjSockCommon: {Name: "sock_common", Size: 80, Fields: sockCommonFields},
	ObjSock:       {Name: "sock", Size: 80, Fields: sockFields},
	ObjTcpSock:    {Name: "tcp_sock", Size: 112, Fields: tcpSockFields},
	ObjXdpSock:    {Name: "xdp_sock", Size: 4, Fields: []Field{{Name: "queue_id", Size: 4}}},
	ObjFlowKeys:   {Name: "flow_keys", Size: 56, Fields: []Field{{Name: "flow_keys", Size: 56, Loads: all, Stores: all, Unaligned: true}}},
	ObjTask:       {Name: "task_struct"},
	ObjCgroup:     {Name: "cgroup"},
	ObjKernelSock: {Name: "kernel socket"},
	ObjOther:      {Name: "object"},
}

// ObjectOf returns the row of a kind of object.
func ObjectOf(k ObjectKind) *Object { return &objects[k] }

// sockFields is struct bpf_sock. Addresses and ports may be read in parts.
var sockFields = []Field{
	{Name: "bound_dev_if", Off: 0, Size: 4},
	{Name: "family", Off: 4, Size: 4, Narrow: true, NarrowStart: true},
	{Name: "type", Off: 8, Size: 4, Narrow: true, NarrowStart: true},
	{Name: "protocol", Off: 12, Size: 4, Narrow: true, NarrowStart: true},
	{Name: "mark", Off: 16, Size: 4},
	{Name: "priority", Off: 20, Size: 4},
	{Name: "src_ip4", Off: 24, Size: 4, Narrow: true},
	{Name: "src_ip6", Off: 28, Size: 16, Loads: narrow},
	{Name: "src_port", Off: 44, Size: 4, Narrow: true, NarrowStart: true},
	{Name: "dst_port", Off: 48, Size: 4, Narrow: true, NarrowTo: 2},
	{Name: "dst_ip4", Off: 52, Size: 4, Narrow: true},
	{Name: "dst_ip6", Off: 56, Size: 16, Loads: narrow},
	{Name: "state", Off: 72, Size: 4, Narrow: true, NarrowStart: true},
	{Name: "rx_queue_mapping", Off: 76, Size: 4, Narrow: true, NarrowStart: true},
}

// writable is fields with those of the names open to stores.
func writable(fields []Field, names ...string) []Field {
	l := slices.Clone(fields)
	for i := range l {
		l[i].Write = slices.Contains(names, l[i].Name)
	}
	return l
}

// sockCommonFields are those of struct bpf_sock that every socket has.
var sockCommonFields = slices.DeleteFunc(slices.Clone(sockFields), func(f Field) bool {
	return slices.Contains([]string{"type", "protocol", "mark", "priority"}, f.Name)
})

// tcpSockFields is struct bpf_tcp_sock; whole fields only.
var tcpSockFields = words32(0, "snd_cwnd srtt_us rtt_min snd_ssthresh rcv_nxt snd_nxt snd_una mss_cache ecn_flags "+
	"rate_delivered rate_interval_us packets_out retrans_out total_retrans segs_in data_segs_in segs_out data_segs_out "+
	"lost_out sacked_out bytes_received:8 bytes_acked:8 dsack_dups delivered delivered_ce icsk_retransmits")
