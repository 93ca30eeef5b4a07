package table

// windowsHooks are the program types that eBPF for Windows and its known
// extensions publish, by their bpf_prog_type numbers, and the own hook raw.
var windowsHooks = []Hook{
	{Name: "xdp", Number: 1, Sections: []string{"xdp"}},
	{Name: "bind", Number: 2, Sections: []string{"bind"}},
	{Name: "cgroup_sock_addr", Number: 3, Sections: []string{"cgroup/connect4", "cgroup/connect6", "cgroup/recv_accept4",
		"cgroup/recv_accept6", "cgroup/connect_authorization4", "cgroup/connect_authorization6", "cgroup/bind4", "cgroup/bind6",
		"cgroup/listen4", "cgroup/listen6"}},
	{Name: "sock_ops", Number: 4, Sections: []string{"sockops"}},
	{Name: "netevent", Number: 5, Sections: []string{"netevent"}},
	{Name: "process", Number: 6, Sections: []string{"process"}},
	{Name: "sample", Number: 999, Sections: []string{"sample_ext"}},
	rawHook,
}
