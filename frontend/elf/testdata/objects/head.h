// What the C files here need of the usual headers.
#define SEC(x) __attribute__((section(x), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define __ulong(name, val) enum { __value_of_##name = val } name
#define __extern(x) __attribute__((section(x)))
#define __weak __attribute__((weak))
#define __noinline __attribute__((noinline))
#define __hidden __attribute__((visibility("hidden")))
#define __tag(x) __attribute__((btf_decl_tag(x)))
#define __kptr __attribute__((btf_type_tag("kptr")))
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};
static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*tail_call)(void *ctx, void *map, u32 index) = (void *)12;
char _license[] SEC("license") = "GPL";
