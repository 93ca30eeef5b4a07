// Maps with templates, initial elements and parts that only helpers reach.
#include "head.h"

struct bpf_spin_lock { u32 val; };
struct bpf_timer { u64 opaque[2]; };
struct task_struct;

struct value {
	u64 count;
	struct bpf_spin_lock lock;
	struct bpf_timer timers[2];
	struct task_struct __kptr *task;
};

struct inner {
	__uint(type, 2);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, 13);
	__uint(max_entries, 3);
	__type(key, u32);
	__array(values, struct inner);
} outer SEC(".maps") = {.values = {[0] = &second, [2] = &first}};

int next(struct xdp_md *ctx);

struct {
	__uint(type, 3);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, int(void *));
} programs SEC(".maps") = {.values = {[1] = (void *)&next}};

struct {
	__uint(type, 1);
	__uint(max_entries, 8);
	__uint(map_flags, 1);
	__uint(pinning, 1);
	__type(key, u32);
	__type(value, struct value);
} values SEC(".maps");

struct {
	__uint(type, 30);
	__uint(max_entries, 8);
	__uint(value_size, 4);
	__ulong(map_extra, 5);
} bloom SEC(".maps");

struct {
	__uint(type, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

struct bpf_spin_lock guard SEC(".bss.guarded");
u64 guarded SEC(".bss.guarded");

SEC("xdp") int next(struct xdp_md *ctx)
{
	u32 k = 1;
	u64 *v;
	void *map = lookup(&outer, &k);

	if (!map || !(v = lookup(map, &k)))
		return guarded;
	return *v + (lookup(&values, &k) != 0) + (lookup(&bloom, &k) != 0) + (lookup(&events, &k) != 0);
}

SEC("xdp/second") int start(struct xdp_md *ctx)
{
	tail_call(ctx, &programs, 1);
	return 0;
}
